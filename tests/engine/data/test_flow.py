"""Optical flow is the true displacement, in stored steps of 1/127 of the largest that is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.data.builtin.real_digits import real_digits
from searchengine.data.flow import FlowSettings, clip_flow, flow_in_pixels, flow_settings, grey, stored
from searchengine.data.flow_picture import flow_colours, flow_wheel

DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1))
METHODS = ("farneback", "dis")


def moving_digit(dx: int, dy: int, frames: int = 2, number: int = 0) -> NDArray[np.uint8]:
    """A real digit in the middle of a 16×16 torus that moves by (dx, dy) a frame, as bytes (T, 16, 16)."""
    ground = np.zeros((16, 16), dtype=np.uint8)
    ground[4:12, 4:12] = np.rint(real_digits()[0][number] * (255 / 16))
    return np.stack([np.roll(ground, (t * dy, t * dx), (0, 1)) for t in range(frames)])


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("number", [0, 1, 5])
def test_a_digit_moved_by_a_pixel(method: str, direction: tuple[int, int], number: int) -> None:
    frames = moving_digit(*direction, number=number)
    settings = flow_settings(method, 16)
    bright = frames[0] > 0.2 * 255
    for flow in (flow_in_pixels(frames, settings), clip_flow(frames, settings) * (settings.clip / 127)):
        assert flow[:, 0, bright].mean(axis=1) == pytest.approx(direction, abs=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_what_stands_still_has_no_flow(method: str) -> None:
    settings = flow_settings(method, 16)
    for frames in (
        moving_digit(0, 0, 4),
        np.zeros((3, 16, 16), np.uint8),
        np.full((3, 16, 16), 255, np.uint8),
    ):
        assert np.abs(flow_in_pixels(frames, settings)).max() < 0.01
        assert not clip_flow(frames, settings).any()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_flipped_clip_has_the_flipped_field_with_u_negated(direction: tuple[int, int]) -> None:
    settings = flow_settings("farneback", 16)
    sign = np.array([-1, 1], dtype=np.int8)[:, None, None, None]
    for number in (0, 1, 5):
        frames = moving_digit(*direction, number=number)
        flow, of_flipped = (flow_in_pixels(clip, settings) for clip in (frames, frames[:, :, ::-1]))
        assert np.abs(of_flipped - sign * flow[..., ::-1]).max() < 5e-5
        assert (
            clip_flow(frames[:, :, ::-1], settings) == sign * clip_flow(frames, settings)[..., ::-1]
        ).all()


def test_fields_go_to_the_next_frame_and_the_last_is_repeated() -> None:
    ground = moving_digit(1, 0, 3)
    frames = np.stack([ground[0], ground[1], ground[1], ground[2]])
    flow = clip_flow(frames, flow_settings("farneback", 16))
    assert flow.shape == (2, 4, 16, 16)
    assert flow.dtype == np.int8
    bright = frames[0] > 51
    assert [round(float(field[bright].mean()) * 4 / 127, 1) for field in flow[0, :2]] == [1.0, 0.0]
    assert (flow[:, 3] == flow[:, 2]).all()


def test_displacements_are_cut_to_the_clip_and_fill_127_steps() -> None:
    pixels = np.array([-9.0, -4.0, -2.0, 0.0, 1.0, 4.0, 30.0])
    assert stored(pixels, 4).tolist() == [-127, -127, -64, 0, 32, 127, 127]


def test_colour_is_turned_to_grey_by_the_usual_weights() -> None:
    clip = np.zeros((3, 2, 1, 2), dtype=np.uint8)
    clip[0, 0, 0, 0], clip[1, 0, 0, 1], clip[2, 1, 0, 0] = 255, 255, 255
    clip[:, 1, 0, 1] = 255
    assert grey(clip).tolist() == [[[76, 150]], [[29, 255]]]
    assert (grey(clip[:1]) == clip[0]).all()


def test_frames_too_small_for_dis_are_refused_in_words() -> None:
    for side in (4, 8, 11):
        with pytest.raises(DataRefused, match=f"at least 12 pixels a side, got {side}; choose farneback"):
            flow_settings("dis", side)
        with pytest.raises(DataRefused, match="at least 12 pixels"):
            clip_flow(np.zeros((2, side, side), np.uint8), FlowSettings("dis", 4))
        assert clip_flow(np.zeros((2, side, side), np.uint8), FlowSettings("farneback", 4)).shape[0] == 2
    assert clip_flow(np.zeros((2, 12, 12), np.uint8), flow_settings("dis", 12)).shape == (2, 2, 12, 12)


@pytest.mark.parametrize(
    "frames",
    [np.zeros((1, 16, 16), np.uint8), np.zeros((16, 16), np.uint8), np.zeros((2, 16, 16), np.float32)],
)
def test_what_is_no_grey_clip_is_refused(frames: NDArray[Any]) -> None:
    with pytest.raises(DataRefused, match="at least 2 frames"):
        clip_flow(frames, flow_settings("farneback", 16))


def test_defaults_follow_the_side() -> None:
    assert flow_settings("auto", 64).method == "farneback"
    assert flow_settings("auto", 65).method == "dis"
    assert flow_settings("auto", 8).method == "farneback"
    clips = {side: flow_settings("auto", side).clip for side in (8, 16, 32, 64, 112, 120, 224, 512)}
    assert clips == {8: 4, 16: 4, 32: 5, 64: 8, 112: 11, 120: 12, 224: 20, 512: 20}
    with pytest.raises(DataRefused, match="auto, farneback, dis"):
        flow_settings("tvl1", 32)


def test_settings_survive_json_and_name_their_own_method_alone() -> None:
    farneback, dis = flow_settings("farneback", 16), flow_settings("dis", 224)
    assert farneback.to_json() == {
        "method": "farneback",
        "clip": 4,
        "pyr_scale": 0.5,
        "levels": 1,
        "winsize": 5,
        "iterations": 3,
        "poly_n": 5,
        "poly_sigma": 1.1,
    }
    assert dis.to_json() == {"method": "dis", "clip": 20, "preset": "medium"}
    for settings in (farneback, dis):
        assert FlowSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"method": "tvl1", "clip": 4}, "farneback or dis"),
        ({"method": "dis"}, "at least method and clip"),
        ({"method": "dis", "clip": 0}, "clip of optical flow"),
        ({"method": "dis", "clip": 128}, "clip of optical flow"),
        ({"method": "dis", "clip": True}, "clip of optical flow"),
        ({"method": "dis", "clip": "4"}, "clip of optical flow"),
        ({"method": "dis", "clip": 4, "preset": "slow"}, "preset"),
        ({"method": "dis", "clip": 4, "levels": 2}, "levels is no setting of dis"),
        ({"method": "farneback", "clip": 4, "preset": "fast"}, "preset is no setting of farneback"),
        ({"method": "farneback", "clip": 4, "winsize": 0}, "winsize"),
        ({"method": "farneback", "clip": 4, "pyr_scale": 1.5}, "pyr_scale"),
        ({"method": "farneback", "clip": 4, "poly_sigma": float("nan")}, "poly_sigma"),
        ({"method": "farneback", "clip": 4, "colour": 1}, "unknown flow settings: colour"),
        ([], "at least method"),
    ],
)
def test_settings_out_of_range_are_refused_in_words(values: Any, words: str) -> None:
    with pytest.raises(DataRefused, match=words):
        FlowSettings.from_json(values)


def test_extreme_settings_give_finite_flow() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 16, 16), dtype=np.uint8)
    for values in (
        {"levels": 10, "pyr_scale": 0.9},
        {"winsize": 101},
        {"poly_n": 15, "poly_sigma": 5.0},
        {"poly_n": 3, "poly_sigma": 0.5, "winsize": 3, "iterations": 100},
    ):
        assert np.isfinite(flow_in_pixels(frames, FlowSettings("farneback", 4, **values))).all()


def test_one_thread_computes_it_and_only_when_asked() -> None:
    """DIS depends on the number of threads, and cores belong to training."""
    code = """
import sys, os
import numpy as np
from searchengine.data.flow import clip_flow, flow_settings
from searchengine.data.prepare import prepare
assert "cv2" not in sys.modules
frames = np.random.default_rng(0).integers(0, 255, (4, 224, 224), dtype=np.uint8)
for method in ("farneback", "dis"):
    clip_flow(frames, flow_settings(method, 224))
    import cv2
    assert cv2.getNumThreads() == 1
"""
    ended = subprocess.run([sys.executable, "-c", code], env={**os.environ}, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()


def test_the_same_clip_has_the_same_flow() -> None:
    frames = np.random.default_rng(1).integers(0, 256, (4, 96, 96), dtype=np.uint8)
    for method in METHODS:
        settings = flow_settings(method, 96)
        assert (clip_flow(frames, settings) == clip_flow(frames, settings)).all()


def test_hue_is_direction_and_strength_is_speed() -> None:
    def colour(u: int, v: int) -> list[int]:
        return flow_colours(np.array([[[u]], [[v]]], dtype=np.int8))[:, 0, 0].tolist()

    assert colour(0, 0) == [0, 0, 0]
    assert colour(127, 0) == [255, 0, 0]
    assert colour(-127, 0) == [0, 255, 255]
    assert colour(0, 127) == [128, 255, 0]
    assert colour(0, -127) == [128, 0, 255]
    assert 0 < colour(30, 0)[0] < colour(60, 0)[0] < 255


def test_the_legend_shows_every_direction_where_it_leads() -> None:
    wheel = flow_wheel(64)
    assert wheel.shape == (4, 64, 64)
    assert wheel[3, 0, 0] == 0
    assert wheel[3, 32, 32] == 255
    right, left = wheel[:3, 32, 62], wheel[:3, 32, 1]
    assert right[0] > 240 > 60 > right[1]
    assert left[0] < 60 < 240 < left[2]
