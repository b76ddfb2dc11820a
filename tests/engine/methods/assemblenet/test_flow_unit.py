"""Flow from inside the network means the same in the search's smaller clips and in the final training's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from searchengine.core.setting import DataSummary
from searchengine.data.builtin.real_digits import real_digits
from searchengine.methods.assemblenet.genome import to_json
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import AssembleNetSpace
from searchengine.nets.build import build
from tests.engine.methods.assemblenet.published import FUSED, SMALL_DATA

LARGE = replace(SMALL_DATA, shape=(1, 3, 32, 32), flow=False)


def spaced(resolution: int, data: DataSummary = LARGE) -> AssembleNetSpace:
    return AssembleNetSpace(AssembleNetParams(flow="tvl1", search_resolution=resolution), data)


@pytest.mark.parametrize(("resolution", "clip"), [(1, 4.0), (2, 2.0), (4, 1.0)])
def test_the_largest_displacement_is_the_same_piece_of_the_picture(resolution: int, clip: float) -> None:
    space = spaced(resolution)
    genome = to_json(FUSED)
    searched = space.describe(genome, space.search_setting)
    final = space.describe(genome, space.final_setting)
    assert searched.node("tvl1").arguments["clip"] == clip
    assert final.node("tvl1").arguments["clip"] == 4.0
    assert searched.parameters == final.parameters


def moving(digit: int) -> torch.Tensor:
    """A smooth digit of 16 pixels that moves one pixel a frame to the right, (1, 1, 3, 32, 32)."""
    drawn = torch.from_numpy(real_digits()[0][digit].astype(np.float32) / 16)
    picture = torch.zeros(32, 32)
    picture[8:24, 6:22] = functional.interpolate(drawn[None, None], scale_factor=2, mode="bicubic")[0, 0]
    return torch.stack([picture.roll(t, 1) for t in range(3)])[None, None]


def test_the_same_motion_has_the_same_flow_at_half_the_resolution() -> None:
    space = spaced(2)
    genome = to_json(FUSED)
    small, large = (
        build(space.describe(genome, setting)).get_submodule("tvl1")
        for setting in (space.search_setting, space.final_setting)
    )
    means = []
    for digit in range(8):
        clip = moving(digit)
        shrunk = functional.avg_pool3d(clip, (1, 2, 2))
        means.append(
            [
                float(layer(x)[0, 0, 0][x[0, 0, 1] > 0.2].mean())
                for layer, x in ((small, shrunk), (large, clip))
            ]
        )
    reduced, full = np.mean(means, axis=0)
    # One pixel of four. Measured in pixels of the smaller clip it would be half a pixel.
    assert full == pytest.approx(0.25, abs=0.05)
    assert reduced == pytest.approx(full, abs=0.06)
