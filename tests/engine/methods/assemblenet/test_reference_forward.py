"""A built network computes what the text says: compared with plain functions that know no layer graph."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from searchengine.core.setting import Setting
from searchengine.layers.tvl1_flow import TVL1Flow
from searchengine.methods.assemblenet.describe import Frame, describe
from searchengine.methods.assemblenet.genome import Genome
from searchengine.nets.build import build
from searchengine.nets.network import Network
from tests.engine.methods.assemblenet.published import (
    ASN50,
    FUSED,
    LATE,
    PUBLISHED,
    SMALL,
    STEMS,
    genome,
)
from tests.engine.methods.assemblenet.reference import FULL, SHORT, Form, reference, tvl1

THREE_STEMS = genome(
    26, 8, [("rgb", 2), ("flow", 1), ("flow", 1)],
    [(1, [0, 1, 2], 8, 4), (2, [0, 3], 6, 1), (2, [2, 3], 10, 2), (3, [0, 1, 3, 4, 5], 16, 2),
     (4, [0, 4, 6], 12, 1), (4, [3, 5, 6], 20, 4)],
)  # fmt: skip
"""Stems of 8 // 3 = 2 channels, three widths into one block, two blocks of unequal width at the end."""
NARROW50 = genome(
    50, 128, STEMS,
    [(b.level, [*b.inputs], b.filters // 8, b.dilation) for b in ASN50.blocks],
)  # fmt: skip


def drawn(network: Network, seed: int) -> Network:
    """In evaluation and double precision, with statistics, scales, shifts and logits that are far from where
    they begin, so that nothing is the identity."""
    generator = torch.Generator().manual_seed(seed)
    network = network.double().eval()
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point() and tensor.ndim == 1:
            random = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
            if name.endswith("running_var"):
                random = random.abs() + 0.5
            elif name.endswith("norm.weight"):
                random = 1 + 0.3 * random
            elif name.endswith("logits"):
                random = 1.5 * random
            else:
                random = 0.3 * random
            tensor.copy_(random)
    return network


def both(found: Genome, form: Form, setting: Setting, frame: Frame) -> tuple[Tensor, Tensor]:
    """Logits of the built network and of the reference, on the same random clips."""
    torch.manual_seed(3)
    network = drawn(build(describe(found, setting, frame)), 4)
    clip, flow = (torch.randn(2, *setting.inputs[name], dtype=torch.float64) for name in ("clip", "flow"))
    with torch.no_grad():
        given = network(clip, flow)
        by_frame = frame.head == "frame_softmax"
        return given, reference(found, form, network.state_dict(), clip, flow, by_frame=by_frame)


def setting(channels: int, frames: int, height: int, width: int, classes: int = 7) -> Setting:
    return Setting({"clip": (channels, frames, height, width), "flow": (2, frames, height, width)}, classes)


BY_FRAME = Frame(head="frame_softmax")
PUBLISHED_BY_FRAME = BY_FRAME._replace(scale="published")


@pytest.mark.parametrize(
    ("found", "form", "given", "frame"),
    [
        (FUSED, SHORT, setting(1, 9, 16, 16), SMALL),
        (FUSED, SHORT, setting(3, 6, 36, 28), BY_FRAME),
        (LATE, SHORT, setting(1, 6, 16, 20), SMALL),
        (LATE, SHORT, setting(1, 6, 16, 16), BY_FRAME),
        (THREE_STEMS, SHORT, setting(1, 9, 32, 16), SMALL),
        (NARROW50, FULL, setting(3, 9, 36, 36), PUBLISHED),
        (NARROW50, FULL, setting(3, 4, 36, 28), PUBLISHED_BY_FRAME),
    ],
    ids=[
        "fused", "fused, odd sides, by frame", "late", "late, by frame", "three stems", "published",
        "published, by frame",
    ],
)  # fmt: skip
def test_a_built_network_computes_what_the_text_says(
    found: Genome, form: Form, given: Setting, frame: Frame
) -> None:
    built, wanted = both(found, form, given, frame)
    spread = float(wanted.std())
    assert spread > 1e-3, "logits that are all alike would prove nothing"
    assert torch.allclose(built, wanted, rtol=1e-8, atol=1e-8 * spread)


@pytest.mark.parametrize("shape", [(1, 1, 5, 16, 16), (2, 3, 3, 9, 14)])
def test_flow_inside_the_network_follows_the_equations(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(1)
    coarse = torch.randn(*shape[:2], 1, *shape[3:], generator=generator)
    smooth = torch.nn.functional.avg_pool3d(coarse, (1, 3, 3), stride=1, padding=(0, 1, 1))
    clip = torch.cat([smooth.roll((t, -t), (3, 4)) for t in range(shape[2])], dim=2)
    found, wanted = TVL1Flow()(5 * clip - 3), tvl1(clip)
    assert wanted.abs().mean() > 0.02
    assert (found - wanted).abs().max() < 2e-3


def test_a_network_with_flow_inside_reads_it_as_it_would_from_the_data() -> None:
    """The same weights give the same logits, whether the field comes from inside or is handed in."""
    torch.manual_seed(0)
    given = setting(3, 5, 16, 16)
    network = drawn(build(describe(FUSED, given, Frame(flow="tvl1"))), 2)
    clip = torch.nn.functional.avg_pool3d(torch.randn(2, 3, 5, 16, 16), (1, 3, 3), 1, (0, 1, 1)).double()
    with torch.no_grad():
        inside = network(clip)
        wanted = reference(FUSED, SHORT, network.state_dict(), clip, tvl1(clip.float()).double())
    assert torch.allclose(inside, wanted, atol=2e-2 * float(wanted.std()))
