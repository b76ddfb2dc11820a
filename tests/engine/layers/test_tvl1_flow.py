"""TV-L1 inside a network: right signs on moved digits, stillness, and clips that do not know each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from searchengine.data.builtin.real_digits import real_digits
from searchengine.layers.tvl1_flow import TVL1Flow

MEASURED = {
    (1, 0): (0.93, 0.21), (-1, 0): (-0.85, 0.19), (0, 1): (-0.01, 1.06), (0, -1): (-0.04, -0.61),
    (1, 1): (0.52, 0.51),
}  # fmt: skip
"""Mean flow over the pixels that a digit moves to, by one pixel, by motion (to the right, downwards)."""


def moving(dx: int, dy: int, digit: int = 0, frames: int = 2) -> torch.Tensor:
    image = np.zeros((16, 16), dtype=np.float32)
    image[4:12, 4:12] = real_digits()[0][digit] / 16
    clip = np.stack([np.roll(image, (dy * t, dx * t), axis=(0, 1)) for t in range(frames)])
    return torch.from_numpy(clip)[None, None]


def mean_flow(clip: torch.Tensor) -> tuple[float, float]:
    flow = 4 * TVL1Flow()(clip)[0, :, 0]
    shown = clip[0, 0, 1] > 0.2
    return float(flow[0][shown].mean()), float(flow[1][shown].mean())


@pytest.mark.parametrize(("motion", "measured"), MEASURED.items())
def test_a_digit_moved_by_one_pixel(motion: tuple[int, int], measured: tuple[float, float]) -> None:
    assert mean_flow(moving(*motion)) == pytest.approx(measured, abs=0.02)


@pytest.mark.parametrize("motion", MEASURED)
def test_other_digits_move_the_right_way(motion: tuple[int, int]) -> None:
    means = np.array([mean_flow(moving(*motion, digit=number)) for number in range(8)]).mean(0)
    for along, moved in zip(means, motion, strict=True):
        if moved:
            assert np.sign(along) == moved
            assert 0.2 < abs(along) < 1.3
        else:
            assert abs(along) < 0.35


def test_a_still_clip_does_not_move() -> None:
    assert TVL1Flow()(moving(0, 0, frames=4)).abs().max() < 1e-12
    assert TVL1Flow()(torch.full((1, 3, 4, 8, 8), 0.7)).abs().max() == 0


def test_the_flow_of_a_clip_does_not_depend_on_its_neighbours() -> None:
    clips = torch.cat([moving(1, 0), 100 * moving(0, 1, digit=3) + 7])
    together = TVL1Flow()(clips)
    for number in range(2):
        assert torch.allclose(TVL1Flow()(clips[number : number + 1])[0], together[number], atol=1e-6)


def test_the_last_field_is_repeated_and_nothing_has_a_gradient() -> None:
    clip = moving(1, 0, frames=5).requires_grad_()
    flow = TVL1Flow()(clip)
    assert flow.shape == (1, 2, 5, 16, 16)
    assert torch.equal(flow[:, :, 4], flow[:, :, 3])
    assert not flow.requires_grad
    assert flow.abs().max() <= 1


def test_brightness_and_contrast_do_not_matter() -> None:
    clip = moving(1, 0)
    assert torch.allclose(TVL1Flow()(clip), TVL1Flow()(5 * clip - 2), atol=1e-4)


def test_the_three_cases_of_the_data_step_are_one_clamp() -> None:
    generator = torch.Generator().manual_seed(0)
    square = torch.rand(1000, generator=generator) * 9
    rho, reach = torch.randn(1000, generator=generator), 0.045
    cases = torch.where(
        rho < -reach * square, reach, torch.where(rho > reach * square, -reach, -rho / square)
    )
    assert torch.allclose((-rho / square).clamp(-reach, reach), cases)


def test_flow_is_float32_under_mixed_precision() -> None:
    clip = moving(1, 0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(TVL1Flow()(clip), TVL1Flow()(clip.float()))
    assert torch.equal(TVL1Flow()(clip), TVL1Flow().eval()(clip))
