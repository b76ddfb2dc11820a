"""``digits-motion16``: zeros and ones in eight motions, with optical flow. The class is shape and motion
together, so that neither a frame nor the flow alone is enough."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchengine.core.setting import Modality
from searchengine.data.builtin.fixed import Fixed
from searchengine.data.builtin.motion import FRAMES, MOTIONS, TORUS, moving, noisy_bytes
from searchengine.data.builtin.real_digits import DIGITS_SHA256, real_digits
from searchengine.data.flow import FlowSettings, flow_settings
from searchengine.data.manifest import Preparation
from searchengine.data.split import TEST, TRAIN, VALIDATION

DIGITS = (0, 1)
NOISE = 0.1
CLIPS = 4
HELD_BACK = 36
"""Images of each digit in validation, and as many in test."""


class _Plan(NamedTuple):
    """The part (360,) of every image, and the numbers of the motions (360, 4) it is shown in."""

    parts: NDArray[np.int8]
    motions: NDArray[np.int64]


class DigitsMotion16(Fixed):
    """1×8×16×16 clips of 16 classes: class 2 × motion + digit, called ``right 0``, ``right 1`` and so on.

    The 178 zeros and 182 ones go to train, validation and test by one permutation a digit: 216, 72 and 72
    images, four clips each. Two images of a digit and part share the eight motions, four each, so within a
    part every motion of a digit comes equally often. Noise is N(0, 0.1). Values are stored as bytes over
    [-0.5, 1.5]. Without a setting, Farnebäck flow.
    """

    slug = "digits-motion16"
    title = "Handwritten digits in motion, shape and direction"
    modality: Modality = "clips"
    classes = tuple(f"{motion} {digit}" for motion in MOTIONS for digit in DIGITS)
    shape: tuple[int, ...] = (1, FRAMES, TORUS, TORUS)
    default_flow: FlowSettings | None = flow_settings("farneback", TORUS)
    scale = 2.0 / 255
    offset = -0.5

    def __init__(self, settings: Preparation) -> None:
        super().__init__(settings)
        self._seed, self._noise_seed = settings.seed, settings.noise_seed
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    @cached_property
    def _digits(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        images, labels = real_digits()
        chosen = np.isin(labels, DIGITS)
        return images[chosen], labels[chosen]

    @cached_property
    def _plan(self) -> _Plan:
        digits = self._digits[1]
        rng = np.random.default_rng(self._seed)
        parts = np.full(len(digits), TRAIN, dtype=np.int8)
        motions = np.zeros((len(digits), CLIPS), dtype=np.int64)
        for digit in DIGITS:
            order = rng.permutation(np.flatnonzero(digits == digit))
            parts[order[:HELD_BACK]] = VALIDATION
            parts[order[HELD_BACK : 2 * HELD_BACK]] = TEST
            # Parts of even size: two images that follow each other lie in the same one.
            for pair in order.reshape(-1, 2):
                motions[pair] = rng.permutation(len(MOTIONS)).reshape(2, CLIPS)
        return _Plan(parts, motions)

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        return (self._plan.motions * len(DIGITS) + self._digits[1][:, None]).ravel()

    @property
    def parts(self) -> NDArray[np.int8] | None:
        return np.repeat(self._plan.parts, CLIPS)

    def identity(self) -> str:
        return f"builtin digits-motion16 1 {DIGITS_SHA256}"

    def read(self, index: int) -> NDArray[np.uint8]:
        image, clip = divmod(index, CLIPS)
        if self._last is None or self._last[0] != image:
            self._last = (image, self._clips(image))
        return self._last[1][clip]

    def _clips(self, image: int) -> NDArray[np.uint8]:
        """The four clips of one image, (4, 1, T, H, W); a generator an image, so clips do not depend on
        order."""
        rng = np.random.default_rng([self._noise_seed, image])
        names = tuple(MOTIONS)
        shown = [names[number] for number in self._plan.motions[image]]
        clean = np.stack([moving(self._digits[0][image], motion, rng)[None] for motion in shown])
        return noisy_bytes(clean, NOISE, self.scale, self.offset, rng)
