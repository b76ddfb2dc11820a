"""Built-in data, available without a network: real handwritten digits, and clips of them in motion.

``digits``: the 1,797 real 8×8 digits that come with scikit-learn (test part of the UCI set *Optical
Recognition of Handwritten Digits*, E. Alpaydin and C. Kaynak).

``digits-motion``: each of those digits placed on a 16×16 torus at a uniformly random offset and moved over 8
frames in one of 8 ways, with N(0, 0.4) pixel noise. The offset makes the digit's place uniform in every
single frame whatever the class, and every image appears once in every class: one frame says nothing about the
class.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.core.setting import Modality
from searchengine.data.manifest import Preparation
from searchengine.data.source import Source
from searchengine.data.split import TEST, TRAIN, VALIDATION

DIGITS_SHA256 = "65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5"
TORUS = 16
FRAMES = 8
NOISE = 0.4
TRAIN_IMAGES, VALIDATION_IMAGES = 1000, 400

# Displacement (dx, dy) of the digit at frame t, in pixels; x grows to the right, y downwards.
MOTIONS: dict[str, Callable[[int], tuple[int, int]]] = {
    "right": lambda t: (t, 0),
    "left": lambda t: (-t, 0),
    "down": lambda t: (0, t),
    "up": lambda t: (0, -t),
    "right then left": lambda t: (t if t < 4 else 7 - t, 0),
    "left then right": lambda t: (-t if t < 4 else t - 7, 0),
    "slow right": lambda t: (t // 2, 0),
    "slow left": lambda t: (-(t // 2), 0),
}


def real_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The digits as scikit-learn ships them: images (1797, 8, 8) with values 0 to 16, and labels (1797,)."""
    from sklearn.datasets import load_digits  # a second to import, and needed at preparation alone

    bunch = load_digits()
    images, labels = bunch.images.astype(np.uint8), bunch.target.astype(np.int64)
    came = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    if came != DIGITS_SHA256:
        raise DataRefused(
            f"the digits of the installed scikit-learn are not the known ones (SHA-256 {came[:12]}…);"
            " install the pinned version"
        )
    return images, labels


class Digits:
    """1×8×8 grey images of ten digits; bytes 0 to 16 mean 0 to 1."""

    slug = "digits"
    title = "Handwritten digits"
    modality: Modality = "images"
    classes = tuple(str(digit) for digit in range(10))
    shape: tuple[int, ...] = (1, 8, 8)
    parts: NDArray[np.int8] | None = None
    groups: Sequence[str] | None = None
    mirror_safe = False
    scale = 1 / 16
    offset = 0.0

    def __init__(self, settings: Preparation) -> None:
        _refuse_sizes(self.slug, self.shape, settings)

    @cached_property
    def _digits(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        return real_digits()

    @property
    def labels(self) -> NDArray[np.int64]:
        return self._digits[1]

    def identity(self) -> str:
        return f"builtin digits {DIGITS_SHA256}"

    def read(self, index: int) -> NDArray[np.uint8]:
        return self._digits[0][index][None]

    def remarks(self) -> Sequence[tuple[str, str]]:
        return ()


class DigitsMotion:
    """1×8×16×16 clips, 8 classes of motion; one clip of every class an image, images kept within one part.

    Images go to train, validation and test by one permutation: 1,000, 400 and 397. Values are stored as bytes
    over [-1.5, 2.5], 3.75 standard deviations of the noise beyond black and white; what lies outside is cut.
    """

    slug = "digits-motion"
    title = "Handwritten digits in motion"
    modality: Modality = "clips"
    classes = tuple(MOTIONS)
    shape: tuple[int, ...] = (1, FRAMES, TORUS, TORUS)
    groups: Sequence[str] | None = None
    mirror_safe = False
    scale = 4.0 / 255
    offset = -1.5

    def __init__(self, settings: Preparation) -> None:
        _refuse_sizes(self.slug, self.shape, settings)
        self._seed, self._noise_seed = settings.seed, settings.noise_seed
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    @cached_property
    def _images(self) -> NDArray[np.uint8]:
        return real_digits()[0]

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        return np.tile(np.arange(len(self.classes)), len(self._images))

    @cached_property
    def parts(self) -> NDArray[np.int8] | None:
        order = np.random.default_rng(self._seed).permutation(len(self._images))
        part_of_image = np.full(len(order), TEST, dtype=np.int8)
        part_of_image[order[:TRAIN_IMAGES]] = TRAIN
        part_of_image[order[TRAIN_IMAGES : TRAIN_IMAGES + VALIDATION_IMAGES]] = VALIDATION
        return np.repeat(part_of_image, len(self.classes))

    def identity(self) -> str:
        return f"builtin digits-motion 1 {DIGITS_SHA256}"

    def read(self, index: int) -> NDArray[np.uint8]:
        image, motion = divmod(index, len(self.classes))
        if self._last is None or self._last[0] != image:
            self._last = (image, self._clips(image))
        return self._last[1][motion]

    def remarks(self) -> Sequence[tuple[str, str]]:
        return ()

    def _clips(self, image: int) -> NDArray[np.uint8]:
        """All clips of one image, (classes, 1, T, H, W); a generator an image, so clips do not depend on
        order."""
        rng = np.random.default_rng([self._noise_seed, image])
        clean = np.zeros((len(self.classes), 1, FRAMES, TORUS, TORUS), dtype=np.float32)
        digit = np.zeros((TORUS, TORUS), dtype=np.float32)
        digit[:8, :8] = self._images[image] / 16.0
        for number, displacement in enumerate(MOTIONS.values()):
            x, y = rng.integers(0, TORUS, size=2)
            for t in range(FRAMES):
                dx, dy = displacement(t)
                clean[number, 0, t] = np.roll(digit, (int(y) + dy, int(x) + dx), axis=(0, 1))
        noisy = clean + rng.normal(0.0, NOISE, size=clean.shape).astype(np.float32)
        return np.clip(np.rint((noisy - self.offset) / self.scale), 0, 255).astype(np.uint8)


BUILTIN: dict[str, Callable[[Preparation], Source]] = {"digits": Digits, "digits-motion": DigitsMotion}


def _refuse_sizes(slug: str, shape: tuple[int, ...], settings: Preparation) -> None:
    if settings.side not in (None, shape[-1]):
        raise DataRefused(f"{slug} has sides of {shape[-1]} pixels and no other, got side {settings.side}")
    if settings.frames is not None and (len(shape) == 3 or settings.frames != shape[1]):
        raise DataRefused(
            f"{slug} has {shape[1] if len(shape) == 4 else 'no'} frames, got frames {settings.frames}"
        )
    if settings.colour == "rgb":
        raise DataRefused(f"{slug} is grey, got colour rgb")
