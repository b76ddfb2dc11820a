"""AssembleNet's networks as source: fusions, flow from inside, both heads, fifty layers."""

from __future__ import annotations

import pytest

from searchengine.core.setting import Setting
from searchengine.methods.assemblenet.describe import Frame, describe
from searchengine.methods.assemblenet.genome import Genome

from ..methods.assemblenet.published import ASN50, FUSED, LATE, STEMS, genome
from .written import check_written

NARROW50 = genome(50, 32, STEMS, [(b.level, [*b.inputs], b.filters // 16, b.dilation) for b in ASN50.blocks])
"""Every connection, dilation and module of the published network, a sixteenth of its filters."""


def clips(frames: int, side: int, channels: int = 1) -> Setting:
    return Setting({"clip": (channels, frames, side, side), "flow": (2, frames, side, side)}, 5)


@pytest.mark.parametrize(
    ("found", "setting", "frame"),
    [
        (FUSED, clips(4, 8), Frame()),
        (FUSED, clips(4, 12, 3), Frame(head="frame_softmax", dropout=0.5, flow="tvl1")),
        (LATE, clips(4, 8), Frame()),
        (LATE, clips(3, 9), Frame(head="frame_softmax", dropout=0.25)),
        (NARROW50, clips(4, 16), Frame(norm_momentum=0.01)),
    ],
    ids=["fused", "fused, flow from inside", "late", "late, by frame", "published, narrow"],
)
def test_a_network_is_written_as_the_engine_computes_it(
    found: Genome, setting: Setting, frame: Frame
) -> None:
    check_written(describe(found, setting, frame))


def test_the_published_scale_is_written_too() -> None:
    check_written(describe(FUSED, clips(3, 32, 3), Frame(scale="published", head="frame_softmax")))
