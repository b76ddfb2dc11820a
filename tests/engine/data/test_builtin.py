"""The built-in sets are real digits, and one frame of a moving one says nothing about its motion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from searchengine.core.errors import DataRefused
from searchengine.data.builtin.digits_motion import DigitsMotion
from searchengine.data.builtin.motion import MOTIONS
from searchengine.data.builtin.real_digits import real_digits
from searchengine.data.judging import open_test
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.data.prepared import PreparedData, open_prepared


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PreparedData]:
    root = tmp_path_factory.mktemp("data")
    manifest = prepare("digits-motion", root)
    return root, open_prepared(root, manifest.summary.fingerprint)


def test_digits_are_the_1797_real_ones(tmp_path: Path) -> None:
    data = open_prepared(tmp_path, prepare("digits", tmp_path).summary.fingerprint)
    summary = data.summary
    assert summary.shape == (1, 8, 8)
    assert sum(summary.sizes.values()) == 1797
    assert not summary.mirror_safe
    images, labels = real_digits()
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    assert all(known[x.tobytes()] == y for x, y in zip(data.train.x, data.train.y, strict=True))
    assert data.train.x.max() * data.manifest.scale + data.manifest.offset == 1.0


def test_sizes_of_the_parts_in_motion(motion: tuple[Path, PreparedData]) -> None:
    _, data = motion
    assert data.summary.sizes == {"train": 8000, "validation": 3200, "test": 3176}
    assert data.summary.shape == (1, 8, 16, 16)
    assert data.summary.classes == tuple(MOTIONS)
    assert not data.summary.mirror_safe
    # Results that name this fingerprint stay comparable: what is prepared never changes unnoticed.
    assert data.summary.fingerprint == "08f0f51e93f4c0ca15594c359a32830d"
    for part in (data.train, data.validation):
        assert len(set(np.bincount(part.y))) == 1


def test_displacements_as_stated() -> None:
    by_class = {name: [displacement(t) for t in range(8)] for name, displacement in MOTIONS.items()}
    assert [dx for dx, _ in by_class["right then left"]] == [0, 1, 2, 3, 3, 2, 1, 0]
    assert [dx for dx, _ in by_class["left then right"]] == [0, -1, -2, -3, -3, -2, -1, 0]
    assert [dx for dx, _ in by_class["slow right"]] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert by_class["up"][7] == (0, -7)


def test_a_clip_is_its_digit_moved_on_a_torus() -> None:
    source = DigitsMotion(Preparation())
    digit = np.zeros((16, 16))
    digit[:8, :8] = real_digits()[0][5] / 16
    for number, displacement in enumerate(MOTIONS.values()):
        clip = source.read(5 * 8 + number)[0] * source.scale + source.offset
        back = [
            np.roll(frame, tuple(-step for step in reversed(displacement(t))), (0, 1))
            for t, frame in enumerate(clip)
        ]
        still = np.mean(back, axis=0)
        fits = [((np.roll(digit, (y, x), (0, 1)) - still) ** 2).mean() for y in range(16) for x in range(16)]
        # Eight frames average noise of variance 0.16 down to 0.02.
        assert min(fits) < 0.03


def test_images_keep_to_one_part_and_come_once_in_every_class() -> None:
    source = DigitsMotion(Preparation())
    assert source.parts is not None
    by_image = source.parts.reshape(-1, 8)
    assert (by_image == by_image[:, :1]).all()
    assert (source.labels.reshape(-1, 8) == np.arange(8)).all()


def test_single_frames_have_the_same_statistics_in_every_class(motion: tuple[Path, PreparedData]) -> None:
    """Mean and spread of each frame, a class: 1,000 clips a class, so 4 standard errors bound what chance
    gives."""
    data = motion[1]
    x, y = data.train.x[:, 0].astype(np.float64), data.train.y
    for t in range(8):
        means = np.array([x[y == label, t].mean() for label in range(8)])
        error = x[:, t].mean(axis=(1, 2)).std() / np.sqrt(1000)
        assert np.abs(means - means.mean()).max() < 4 * error
        # Where the digit stands: the brightest place of the blurred frame is uniform over the torus.
        pixel_means = np.stack([x[y == label, t].mean(axis=0) for label in range(8)])
        pixel_error = x[:, t].std() / np.sqrt(1000)
        assert np.abs(pixel_means - pixel_means.mean()).max() < 5 * pixel_error


@pytest.mark.parametrize("t", [0, 3, 7])
def test_a_classifier_of_single_frames_is_at_chance(motion: tuple[Path, PreparedData], t: int) -> None:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    data = motion[1]
    fitted = LinearDiscriminantAnalysis().fit(
        data.train.x[:4000, 0, t].reshape(4000, -1) / 255, data.train.y[:4000]
    )
    accuracy = fitted.score(data.validation.x[:, 0, t].reshape(3200, -1) / 255, data.validation.y)
    assert abs(accuracy - 1 / 8) < 4 * np.sqrt(1 / 8 * 7 / 8 / 3200)


def test_noise_follows_its_seed(motion: tuple[Path, PreparedData]) -> None:
    clips = [DigitsMotion(Preparation(noise_seed=seed)).read(17) for seed in (0, 0, 1)]
    assert (clips[0] == clips[1]).all()
    assert (clips[0] != clips[2]).any()
    root, data = motion
    other = prepare("digits-motion", root, Preparation(noise_seed=1))
    assert other.summary.fingerprint != data.summary.fingerprint


def test_noise_has_the_stated_spread(motion: tuple[Path, PreparedData]) -> None:
    root, data = motion
    test = open_test(root, data.summary.fingerprint)
    values = test.x * data.manifest.scale + data.manifest.offset
    dark = values[values < 0]  # half of a normal distribution where the digit is not
    assert abs(np.sqrt((dark**2).mean()) - 0.4) < 0.02


@pytest.mark.parametrize("settings", [Preparation(side=16), Preparation(frames=4), Preparation(colour="rgb")])
def test_other_sizes_are_refused_in_words(tmp_path: Path, settings: Preparation) -> None:
    with pytest.raises(DataRefused, match="digits"):
        prepare("digits", tmp_path, settings)
