"""The details of stems, normalisation and heads that sizes alone do not show."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from searchengine.core.setting import Setting
from searchengine.layers.norm import Norm
from searchengine.methods.assemblenet.describe import Frame, channels_of, describe
from searchengine.methods.assemblenet.genome import Genome
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import AssembleNetSpace
from searchengine.methods.assemblenet.spec import METHOD
from searchengine.nets.build import build, build_on_meta
from tests.engine.methods.assemblenet.published import (
    FUSED,
    LATE,
    PUBLISHED,
    SMALL,
    SMALL_DATA,
    TINY,
    clips,
    genome,
)


def with_stems(count: int) -> Genome:
    """A chain behind ``count`` stems that share 128 channels."""
    stems = [("rgb", 1)] * (count - count // 2) + [("flow", 1)] * (count // 2)
    blocks = [(1, list(range(count)), 8, 1)]
    return genome(26, 128, stems, [*blocks, *((level, [count + level - 2], 8, 1) for level in (2, 3, 4))])


@pytest.mark.parametrize(("count", "width"), [(2, 64), (3, 42), (4, 32), (5, 25), (6, 21)])
def test_stems_share_their_channels_rounded_down(count: int, width: int) -> None:
    found = with_stems(count)
    network = describe(found, clips(3, 4, 32), PUBLISHED)
    for stem in found.stems:
        assert network.node(f"stem{stem.id}.pool").shape[0] == channels_of(found, stem) == width
        own = [node for node in network.nodes if node.name.startswith(f"stem{stem.id}.")]
        kernels = 3 * 49 * width + 5 * width**2 if stem.kind == "rgb" else 2 * 49 * width
        norms = 2 * width * (2 if stem.kind == "rgb" else 1)
        assert sum(node.parameters for node in own) == kernels + norms


@pytest.mark.parametrize(
    ("frame", "space", "stride", "frames", "pools"),
    [(PUBLISHED, 7, 2, 5, {"rgb": 3, "flow": 2}), (SMALL, 3, 1, 3, {"rgb": 2, "flow": 2})],
    ids=["published", "small"],
)
def test_layers_of_stems(frame: Frame, space: int, stride: int, frames: int, pools: dict[str, int]) -> None:
    stems = [("rgb", 1), ("rgb", 8), ("flow", 1), ("flow", 1)]
    found = replace(
        FUSED,
        stem_total=128,
        nodes=(
            *(replace(node, dilation=d) for node, (_, d) in zip(FUSED.stems, stems, strict=True)),
            *FUSED.blocks,
        ),
    )
    network = describe(found, clips(3, 8, 32), frame)
    for stem in found.stems:
        own = {
            node.name.rpartition(".")[2]: node.arguments
            for node in network.nodes
            if node.name.startswith(f"stem{stem.id}.")
        }
        assert own["space"]["kernel"] == (1, space, space)
        assert own["space"]["stride"] == (1, stride, stride)
        assert own["space"]["padding"] == (0, space // 2, space // 2)
        assert own["pool"]["kernel"] == (1, pools[stem.kind], pools[stem.kind])
        assert own["pool"]["stride"] == (1, 2, 2)
        assert ("time" in own) == (stem.kind == "rgb")
        if stem.kind == "rgb":
            assert own["time"]["kernel"] == (frames, 1, 1)
            assert own["time"]["dilation"] == (stem.dilation, 1, 1)
            assert own["time"]["padding"] == (stem.dilation * (frames // 2), 0, 0)
            assert own["time"]["stride"] == (1, 1, 1)
            order = ["space", "space_norm", "space_relu", "time", "time_norm", "time_relu", "pool"]
        else:
            order = ["space", "space_norm", "space_relu", "pool"]
        assert list(own) == order


@pytest.mark.parametrize("preset", ["demo", "overnight", "paper"])
def test_normalisation_is_as_the_preset_says(preset: str) -> None:
    """Momentum in torch's meaning: 0.01 at full scale (0.99 in the public code), 0.1 in short searches."""
    params = AssembleNetParams.parse(METHOD.presets[preset].values)
    frame = AssembleNetSpace(params, replace(SMALL_DATA, shape=(1, 8, 64, 64))).frame
    network = build_on_meta(describe(FUSED, clips(3, 8, 64), frame))
    norms = [module for module in network.modules() if isinstance(module, Norm)]
    assert len(norms) == 4 + 2 + 6 * (2 * 3 + 1)
    assert {(norm.momentum, norm.eps) for norm in norms} == {(0.01 if preset == "paper" else 0.1, 1e-5)}


@pytest.mark.parametrize("head", ["mean", "frame_softmax"])
def test_the_classifier_begins_small_and_convolutions_do_not(head: str) -> None:
    torch.manual_seed(0)
    network = build(describe(FUSED, clips(339, 4, 32), PUBLISHED._replace(head=head)))  # type: ignore[arg-type]
    weight, bias = (value.detach() for value in network.get_submodule("head.dense").parameters())
    assert float(weight.std()) == pytest.approx(0.01, rel=0.02)
    assert abs(float(weight.mean())) < 2e-4
    assert not bias.any()
    for name in ("block9.r1.space", "block9.r2.reduce", "block9.r2.expand", "block9.fuse.widen32"):
        weight = network.get_submodule(name).weight.detach()
        assert float(weight.std()) == pytest.approx((2 / weight[0].numel()) ** 0.5, rel=0.05), name


@pytest.mark.parametrize("head", ["mean", "frame_softmax"])
def test_several_blocks_on_the_last_level_vote_by_their_mean(head: str) -> None:
    network = build(describe(LATE, TINY, SMALL._replace(head=head))).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for number, value in ((8, 1.0), (9, 4.0)):
            dense = network.get_submodule(f"head{number}.dense")
            dense.weight.zero_()
            dense.bias.copy_(value * torch.arange(16))
        found = network(torch.randn(2, 1, 8, 16, 16), torch.randn(2, 2, 8, 16, 16))
    assert torch.allclose(found, 2.5 * torch.arange(16.0).expand(2, 16), atol=1e-5)


def test_dropout_stands_before_every_classifier_and_is_still_in_evaluation() -> None:
    network = build(describe(LATE, TINY, SMALL._replace(dropout=0.5)))
    nodes = network.architecture.nodes
    dropped = [node for node in nodes if node.kind == "dropout"]
    assert [(node.name, node.arguments["rate"]) for node in dropped] == [
        ("head8.dropout", 0.5), ("head9.dropout", 0.5)
    ]  # fmt: skip
    for number in (8, 9):
        (dense,) = (node for node in nodes if node.name == f"head{number}.dense")
        assert dense.inputs == (f"head{number}.dropout",)
    inputs = torch.randn(4, 1, 8, 16, 16), torch.randn(4, 2, 8, 16, 16)
    with torch.no_grad():
        assert not torch.equal(network.train()(*inputs), network(*inputs))
        assert torch.equal(network.eval()(*inputs), network(*inputs))


def test_a_head_of_one_block_has_no_number() -> None:
    for found, names in ((FUSED, {"head"}), (LATE, {"head8", "head9"})):
        network = describe(found, Setting(TINY.inputs, 3), SMALL)
        assert {node.name.split(".")[0] for node in network.nodes if node.kind == "linear"} == names
