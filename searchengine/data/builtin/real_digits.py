"""The 1,797 real 8×8 digits that come with scikit-learn: the test part of the UCI set *Optical Recognition of
Handwritten Digits* (E. Alpaydin and C. Kaynak)."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused

DIGITS_SHA256 = "65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5"


def real_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images (1797, 8, 8) with values 0 to 16, and labels (1797,). Raises ``DataRefused`` when the installed
    ones are others."""
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
