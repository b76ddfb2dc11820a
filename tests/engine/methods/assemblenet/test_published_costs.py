"""What the published network costs at other sizes, and what two streams that never cross cost."""

from __future__ import annotations

from math import prod

import pytest

from searchengine.architecture.graph import Architecture
from searchengine.core.setting import Setting
from searchengine.methods.assemblenet.describe import describe
from searchengine.methods.assemblenet.handmade import two_streams
from tests.engine.methods.assemblenet.published import ASN50, PAPER_BOUNDS, PUBLISHED, clips, genome


def giga_of_convolutions(network: Architecture) -> float:
    return sum(node.macs for node in network.nodes if node.kind == "conv") / 1e9


@pytest.mark.parametrize(
    ("setting", "giga", "mega"),
    [
        (clips(339), 250.453, 838.94),
        (clips(339, 32, 112), 64.595, 211.03),
        (clips(339, 64), 500.906, 1677.89),
    ],
    ids=["32 frames of 224", "32 frames of 112", "64 frames of 224"],
)
def test_multiply_adds_and_outputs_of_convolutions(setting: Setting, giga: float, mega: float) -> None:
    """Outputs in millions of values: what training must keep at least."""
    network = describe(ASN50, setting, PUBLISHED)
    assert giga_of_convolutions(network) == pytest.approx(giga, abs=5e-4)
    outputs = sum(prod(node.shape) for node in network.nodes if node.kind == "conv") / 1e6
    assert outputs == pytest.approx(mega, abs=5e-3)


def test_two_streams_that_never_cross() -> None:
    """The same sums of filters, joined at the classifier alone."""
    found = two_streams(PAPER_BOUNDS)
    assert [found.total(level) for level in (1, 2, 3, 4)] == [128, 256, 512, 512]
    assert found.weighted == ()
    network = describe(found, clips(339), PUBLISHED)
    # The published number counts one dense layer for the mean of both ends; here each end has its own.
    assert network.parameters - (1024 + 1) * 339 == 36_154_899
    assert giga_of_convolutions(network) == pytest.approx(282.103, abs=5e-4)


def test_two_streams_of_full_width() -> None:
    """A block of 64, 128, 256 and 512 filters a level, twice: two ordinary networks side by side."""
    blocks = [
        (level, [2 * level - 2 + chain], 32 * 2**level, 1) for level in (1, 2, 3, 4) for chain in (0, 1)
    ]
    found = genome(50, 128, [("rgb", 1), ("flow", 1)], blocks)
    assert describe(found, clips(339), PUBLISHED).parameters - (2048 + 1) * 339 == 55_658_003
