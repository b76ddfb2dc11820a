"""``digits-motion``: every real digit in each of eight motions. One frame says nothing about the class."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from searchengine.core.setting import Modality
from searchengine.data.builtin.fixed import Fixed
from searchengine.data.builtin.motion import FRAMES, MOTIONS, TORUS, moving, noisy_bytes
from searchengine.data.builtin.real_digits import DIGITS_SHA256, real_digits
from searchengine.data.manifest import Preparation
from searchengine.data.split import TEST, TRAIN, VALIDATION

NOISE = 0.4
TRAIN_IMAGES, VALIDATION_IMAGES = 1000, 400


class DigitsMotion(Fixed):
    """1×8×16×16 clips, 8 classes of motion; one clip of every class an image, images kept within one part.

    Images go to train, validation and test by one permutation: 1,000, 400 and 397. Noise is N(0, 0.4). Values
    are stored as bytes over [-1.5, 2.5], 3.75 standard deviations of the noise beyond black and white; what
    lies outside is cut.
    """

    slug = "digits-motion"
    title = "Handwritten digits in motion"
    modality: Modality = "clips"
    classes = tuple(MOTIONS)
    shape: tuple[int, ...] = (1, FRAMES, TORUS, TORUS)
    scale = 4.0 / 255
    offset = -1.5

    def __init__(self, settings: Preparation) -> None:
        super().__init__(settings)
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

    def _clips(self, image: int) -> NDArray[np.uint8]:
        """All clips of one image, (classes, 1, T, H, W); a generator an image, so clips do not depend on
        order."""
        rng = np.random.default_rng([self._noise_seed, image])
        clean = np.stack([moving(self._images[image], motion, rng)[None] for motion in MOTIONS])
        return noisy_bytes(clean, NOISE, self.scale, self.offset, rng)
