"""Sixteen classes of shape and motion together: each half is visible in its own place and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.data.builtin.digits_motion16 import CLIPS, DigitsMotion16
from searchengine.data.builtin.motion import MOTIONS
from searchengine.data.builtin.real_digits import real_digits
from searchengine.data.command import main
from searchengine.data.flow import flow_settings
from searchengine.data.judging import open_test
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.data.prepared import Part, PreparedData, open_prepared


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PreparedData]:
    root = tmp_path_factory.mktemp("data")
    return root, open_prepared(root, prepare("digits-motion16", root).summary.fingerprint)


@pytest.fixture(scope="module")
def parts(made: tuple[Path, PreparedData]) -> tuple[Part, Part, Part]:
    root, data = made
    return data.train, data.validation, open_test(root, data.summary.fingerprint)


def test_sizes_names_and_flow(made: tuple[Path, PreparedData]) -> None:
    data = made[1]
    assert data.summary.sizes == {"train": 864, "validation": 288, "test": 288}
    assert data.summary.shape == (1, 8, 16, 16)
    assert data.summary.classes[:4] == ("right 0", "right 1", "left 0", "left 1")
    assert len(data.summary.classes) == 16
    assert not data.summary.mirror_safe
    assert data.manifest.flow == flow_settings("farneback", 16)
    assert data.summary.setting().inputs == {"clip": (1, 8, 16, 16), "flow": (2, 8, 16, 16)}


def test_every_motion_of_a_digit_comes_equally_often(parts: tuple[Part, Part, Part]) -> None:
    for part, counts in zip(parts, ((53, 55), (18, 18), (18, 18)), strict=True):
        assert np.bincount(part.y, minlength=16).tolist() == list(counts) * 8


def test_images_keep_to_one_part_and_show_four_motions() -> None:
    source = DigitsMotion16(Preparation())
    assert source.parts is not None
    of_image = source.parts.reshape(-1, CLIPS)
    assert (of_image == of_image[:, :1]).all()
    assert np.bincount(of_image[:, 0]).tolist() == [216, 72, 72]
    labels = source.labels.reshape(-1, CLIPS)
    assert all(len(set(row)) == CLIPS for row in labels.tolist())
    assert (labels % 2 == labels[:, :1] % 2).all()


def test_a_clip_is_its_digit_in_its_motion() -> None:
    source = DigitsMotion16(Preparation())
    images, digits = real_digits()
    images = images[np.isin(digits, (0, 1))]
    displacements = tuple(MOTIONS.values())
    for index in range(0, 160, 7):
        digit = np.zeros((16, 16))
        digit[:8, :8] = images[index // CLIPS] / 16
        move = displacements[source.labels[index] // 2]
        clip = source.read(index)[0] * source.scale + source.offset
        back = [np.roll(frame, (-move(t)[1], -move(t)[0]), (0, 1)) for t, frame in enumerate(clip)]
        still = np.mean(back, axis=0)
        fits = [((np.roll(digit, (y, x), (0, 1)) - still) ** 2).mean() for y in range(16) for x in range(16)]
        # Eight frames average noise of variance 0.01 down to 0.00125.
        assert min(fits) < 0.002


def test_noise_has_the_stated_spread(parts: tuple[Part, Part, Part], made: tuple[Path, PreparedData]) -> None:
    manifest = made[1].manifest
    values = parts[0].x * manifest.scale + manifest.offset
    dark = values[values < 0]
    assert abs(np.sqrt((dark**2).mean()) - 0.1) < 0.005


@pytest.mark.parametrize("t", [0, 3, 7])
def test_a_frame_tells_the_digit_and_nothing_of_the_motion(parts: tuple[Part, Part, Part], t: int) -> None:
    """The spectrum of a frame does not depend on the place, so a linear rule on it sees the shape alone."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    def seen(part: Part) -> NDArray[np.float64]:
        frames = part.x[:, 0, t] / 255
        return np.concatenate(
            [np.abs(np.fft.rfft2(frames)).reshape(len(frames), -1), frames.reshape(len(frames), -1)], 1
        )

    train, validation, test = parts
    x, y = seen(train), train.y
    held = np.concatenate([seen(validation), seen(test)])
    truth = np.concatenate([validation.y, test.y])
    assert (
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(x, y % 2).score(held, truth % 2)
        > 0.95
    )
    motion = (
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(x, y // 2).score(held, truth // 2)
    )
    assert abs(motion - 1 / 8) < 4 * np.sqrt(1 / 8 * 7 / 8 / len(truth))


def test_places_are_uniform_whatever_the_class(parts: tuple[Part, Part, Part]) -> None:
    """The mean picture of a motion, a frame, is flat: of 108 clips, so 5 standard errors bound chance."""
    x, y = parts[0].x[:, 0].astype(np.float64), parts[0].y
    for t in range(8):
        pictures = np.stack([x[y // 2 == motion, t].mean(axis=0) for motion in range(8)])
        assert np.abs(pictures - pictures.mean()).max() < 5 * x[:, t].std() / np.sqrt(108)


def test_flow_tells_the_motion_and_not_the_digit_by_its_mean(parts: tuple[Part, Part, Part]) -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    def seen(part: Part) -> NDArray[np.float64]:
        assert part.flow is not None
        return part.flow.mean(axis=(3, 4)).reshape(len(part.y), -1)

    train, validation, _ = parts
    rule = LinearDiscriminantAnalysis()
    assert rule.fit(seen(train), train.y // 2).score(seen(validation), validation.y // 2) > 0.95
    assert rule.fit(seen(train), train.y % 2).score(seen(validation), validation.y % 2) < 0.65


def test_seeds_of_split_and_noise_are_apart() -> None:
    first, noise, split = (
        DigitsMotion16(settings)
        for settings in (Preparation(), Preparation(noise_seed=1), Preparation(seed=1))
    )
    assert first.parts is not None
    assert noise.parts is not None
    assert split.parts is not None
    assert (first.labels == noise.labels).all()
    assert (first.parts == noise.parts).all()
    assert (first.read(9) != noise.read(9)).any()
    assert (first.parts != split.parts).any()
    assert (first.labels != split.labels).any()
    assert (first.read(9) == DigitsMotion16(Preparation()).read(9)).all()


def test_flow_is_in_the_fingerprint_and_can_be_left_away(made: tuple[Path, PreparedData]) -> None:
    root, data = made
    assert prepare("digits-motion16", root, Preparation(flow="farneback")) == data.manifest
    without = prepare("digits-motion16", root, Preparation(flow="none"))
    assert without.summary == replace(data.summary, flow=False, fingerprint=without.summary.fingerprint)
    assert without.summary.fingerprint != data.summary.fingerprint
    # What its manifest says prepares it again.
    assert prepare("digits-motion16", root, without.preparation) == without
    assert prepare("digits-motion16", root, data.manifest.preparation) == data.manifest
    assert main(["prepare", "digits-motion16", "--no-flow", "--data-root", str(root)]) == 0
    assert len(list(root.iterdir())) == 2


@pytest.mark.parametrize("settings", [Preparation(side=8), Preparation(frames=4), Preparation(colour="rgb")])
def test_other_sizes_are_refused_in_words(tmp_path: Path, settings: Preparation) -> None:
    with pytest.raises(DataRefused, match="digits-motion16"):
        prepare("digits-motion16", tmp_path, settings)
