"""``digits``: the real 8×8 digits as they are."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from searchengine.core.setting import Modality
from searchengine.data.builtin.fixed import Fixed
from searchengine.data.builtin.real_digits import DIGITS_SHA256, real_digits


class Digits(Fixed):
    """1×8×8 grey images of ten digits; bytes 0 to 16 mean 0 to 1."""

    slug = "digits"
    title = "Handwritten digits"
    modality: Modality = "images"
    classes = tuple(str(digit) for digit in range(10))
    shape: tuple[int, ...] = (1, 8, 8)
    parts: NDArray[np.int8] | None = None
    scale = 1 / 16
    offset = 0.0

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
