"""Networks of paths: counts against formulas and published figures, cells computed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from searchengine.methods.nse import costs
from searchengine.methods.nse.describe import describe
from searchengine.methods.nse.genome import PathGenome
from searchengine.methods.nse.ops import REDUCTION
from searchengine.methods.nse.published import flops_search, nsenet, nsenet_27, nsenet_gpu
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.methods.nse.subset import Cells
from searchengine.nets.build import build, build_on_meta

from .cases import SMALL, paths, skeletons

IMAGES = (3, 224, 224)
POOLING = 1024
"""The published counts take the global average for so many multiply-adds; ours are those of convolutions and
linear layers alone."""


def network(skeleton: Skeleton, path: Cells, images: tuple[int, int, int], classes: int) -> Architecture:
    return describe(skeleton, path, Setting({"image": images}, classes))


@pytest.mark.parametrize(
    ("genome", "parameters", "macs"),
    [
        (nsenet_27(1.0), 4_355_184, 315_816_704),
        (nsenet_27(), 4_570_464, 326_326_224),
        (nsenet(1.0), 4_304_192, 313_776_736),
        (nsenet(), 4_564_000, 330_954_568),
        (nsenet_gpu(), 15_742_296, 1_471_131_648),
    ],
)
def test_published_networks_have_their_counts(genome: PathGenome, parameters: int, macs: int) -> None:
    found = network(genome.skeleton, genome.path, IMAGES, 1000)
    assert (found.parameters, found.macs + POOLING) == (parameters, macs)
    assert costs.parameters(genome.skeleton, IMAGES, 1000).of(genome.path) == parameters
    assert costs.macs(genome.skeleton, IMAGES, 1000).of(genome.path) + POOLING == macs
    built = build_on_meta(found)
    assert sum(one.numel() for one in built.parameters()) == parameters


def test_squeeze_and_excitation_adds_its_published_count() -> None:
    """NSENet: +2,999,774 parameters and +2,986,784 multiply-adds, 333,941,352 in all."""
    genome = nsenet()
    skeleton = replace(genome.skeleton, excited=True)
    plain = network(genome.skeleton, genome.path, IMAGES, 1000)
    found = network(skeleton, genome.path, IMAGES, 1000)
    assert found.parameters - plain.parameters == 2_999_774
    assert (found.macs - plain.macs, found.macs + POOLING) == (2_986_784, 333_941_352)
    assert costs.parameters(skeleton, IMAGES, 1000).of(genome.path) == found.parameters
    assert costs.macs(skeleton, IMAGES, 1000).of(genome.path) == found.macs
    assert sum(one.numel() for one in build_on_meta(found).parameters()) == found.parameters


def test_the_hidden_channels_are_scaled_before_the_last_convolution() -> None:
    """By hand: x · sigmoid(W2 relu(W1 mean(x) + b1) + b2), a quarter of the channels in between."""
    torch.manual_seed(0)
    skeleton = Skeleton("N", (8,), 1, 8, False, "small13", excited=True)
    modules = dict(build(network(skeleton, ((1,),), (1, 6, 6), 3)).eval().named_modules())
    assert tuple(modules["cell0.op1.reduce"].weight.shape) == (4, 16, 1, 1)
    modules["cell0.op1.reduce"].bias.data.normal_()
    seen: dict[str, torch.Tensor] = {}
    for name in ("depthwise_relu", "excite"):
        modules[f"cell0.op1.{name}"].register_forward_hook(
            lambda m, i, o, name=name: seen.__setitem__(name, o)
        )
    modules["cell0.op1.project"].register_forward_hook(lambda m, i, o: seen.__setitem__("read", i[0]))
    modules[""](torch.rand(2, 1, 6, 6))
    x = seen["depthwise_relu"]
    means = x.mean((2, 3), keepdim=True)
    gate = modules["cell0.op1.restore"](modules["cell0.op1.reduce"](means).relu()).sigmoid()
    torch.testing.assert_close(seen["excite"], x * gate)
    assert seen["read"] is seen["excite"]


def test_the_fixed_part_and_the_span_of_what_one_supernet_holds() -> None:
    skeleton = flops_search()
    table = costs.macs(skeleton, IMAGES, 1000)
    assert table.fixed + POOLING == 22_500_352
    assert costs.parameters(skeleton, IMAGES, 1000).fixed == 1_353_144
    assert (table.least(skeleton.cells) + POOLING, table.largest() + POOLING) == (42_602_112, 25_139_790_592)
    larger = costs.macs(flops_search("pool72"), IMAGES, 1000)
    assert (larger.least(skeleton.cells) + POOLING, larger.largest() + POOLING) == (
        33_031_040, 38_941_640_192,
    )  # fmt: skip


def test_small_paths_have_their_counts() -> None:
    images = (1, 8, 8)
    macs, parameters = costs.macs(SMALL, images, 10), costs.parameters(SMALL, images, 10)
    least: Cells = ((), (0,), (), (), (0,), (), ())
    assert (parameters.of(least), macs.of(least)) == (3_626, 49_664)
    another: Cells = ((0,), (1, 4), (), (3,), (7,), (), (0,))
    assert (parameters.of(another), macs.of(another)) == (8_418, 137_472)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_tables_equal_what_the_network_counts(data: st.DataObject) -> None:
    skeleton = data.draw(skeletons())
    excited = min(skeleton.channels) >= REDUCTION and data.draw(st.booleans())
    skeleton = replace(skeleton, excited=excited)
    path = data.draw(paths(skeleton))
    images = (
        data.draw(st.sampled_from([1, 3])),
        data.draw(st.integers(5, 17)),
        data.draw(st.integers(5, 17)),
    )
    found = network(skeleton, path, images, 4)
    assert costs.macs(skeleton, images, 4).of(path) == found.macs
    assert costs.parameters(skeleton, images, 4).of(path) == found.parameters


def test_a_built_network_multiplies_as_often_as_counted() -> None:
    """Counted by hooks at every convolution and linear layer that runs."""
    path: Cells = ((0, 9), (1, 4, 10), (), (3, 7), (7, 12), (), (0,))
    found = network(SMALL, path, (1, 9, 8), 10)
    built = build(found).eval()
    counted = 0

    def count(layer: nn.Module, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal counted
        counted += output[0, 0].numel() * layer.weight.numel()

    for layer in built.modules():
        if type(layer).__name__ in ("Conv", "Linear"):
            layer.register_forward_hook(count)
    built(torch.rand(1, 1, 9, 8))
    assert counted == found.macs


# --- what a cell computes -----------------------------------------------------------------------------


def test_a_cell_averages_its_branches_with_its_input_where_it_keeps_shape() -> None:
    """N: (x + Σ f(x)) / (m + 1). R: Σ f(x) / m. No branch has a residual of its own."""
    torch.manual_seed(0)
    skeleton = Skeleton("NR", (4, 6), 1, 8, False, "small13")
    built = build(network(skeleton, ((0, 9), (1, 3)), (1, 6, 6), 3)).eval()
    modules = dict(built.named_modules())

    def branch(prefix: str, steps: tuple[str, ...], x: torch.Tensor) -> torch.Tensor:
        for number, step in enumerate(steps):
            x = modules[f"{prefix}.{step}_norm"](modules[f"{prefix}.{step}"](x))
            x = x.relu() if number < len(steps) - 1 else x
        return x

    mb, rec = ("expand", "depthwise", "project"), ("expand", "row", "column", "project")
    seen: dict[str, torch.Tensor] = {}
    for name in ("cell0.mean", "cell1.mean"):
        modules[name].register_forward_hook(lambda m, i, o, name=name: seen.__setitem__(name, o))
    image = torch.rand(2, 1, 6, 6)
    built(image)
    x = modules["stem.norm"](modules["stem.conv"](image)).relu()
    first = (x + branch("cell0.op0", mb, x) + branch("cell0.op9", rec, x)) / 3
    second = (branch("cell1.op1", mb, first) + branch("cell1.op3", mb, first)) / 2
    torch.testing.assert_close(seen["cell0.mean"], first)
    torch.testing.assert_close(seen["cell1.mean"], second)
    assert second.min() < 0, "nothing rectifies the end of a branch"


def test_an_empty_cell_vanishes_and_one_that_changes_shape_may_not() -> None:
    with_it = network(SMALL, ((), (0,), (), (), (0,), (), ()), (1, 8, 8), 10)
    bare = Skeleton("RE", SMALL.channels, 1, 64, True, "small13")
    without = network(bare, ((0,), (0,)), (1, 8, 8), 10)
    assert (with_it.parameters, with_it.macs) == (without.parameters, without.macs)
    with pytest.raises(InfeasibleArchitecture, match="cell 1"):
        network(SMALL, ((), (), (), (), (0,), (), ()), (1, 8, 8), 10)


def test_a_path_s_weights_are_some_of_a_larger_path_s() -> None:
    few = network(SMALL, ((3,), (1,), (), (), (0,), (), ()), (1, 8, 8), 10)
    many = network(SMALL, ((0, 3), (1, 2), (4,), (), (0, 9), (), ()), (1, 8, 8), 10)
    small, large = build_on_meta(few).state_dict(), build_on_meta(many).state_dict()
    assert {name: value.shape for name, value in small.items()}.items() <= {
        name: value.shape for name, value in large.items()
    }.items()


def test_convolutions_start_with_the_variance_of_their_fan_out() -> None:
    torch.manual_seed(0)
    built = build(network(Skeleton("N", (64,), 1, 512, False, "small13"), ((1,),), (1, 8, 8), 3))
    expand = built.get_submodule("cell0.op1.expand").weight
    depthwise = built.get_submodule("cell0.op1.depthwise").weight
    assert float(expand.detach().std()) == pytest.approx((2 / 128) ** 0.5, rel=0.05)
    # The fan-out of a depthwise convolution counts all channels, as torch does.
    assert float(depthwise.detach().std()) == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.1)
    assert (built.get_submodule("cell0.op1.project_norm").weight == 1).all()


def test_clips_are_refused() -> None:
    with pytest.raises(InfeasibleArchitecture, match="reads images"):
        describe(SMALL, ((), (0,), (), (), (0,), (), ()), Setting({"clip": (1, 4, 8, 8)}, 3))
