"""How often every class comes, and whether that is enough. Labels are class indices (N,), or ones and zeros
(N, classes) where a sample may have several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.data.manifest import Fault


def class_counts(labels: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """Samples of each class (classes,); a sample with several labels counts in each of them."""
    if labels.ndim == 2:
        return labels.sum(axis=0, dtype=np.int64)
    return np.bincount(labels, minlength=classes)


def members_of(labels: NDArray[Any], label: int) -> NDArray[np.int64]:
    """Indices of the samples that have ``label``."""
    return np.flatnonzero(labels[:, label] if labels.ndim == 2 else labels == label)


def refuse_poor_classes(classes: Sequence[str], labels: NDArray[Any], faults: Sequence[Fault]) -> None:
    """Raises ``DataRefused`` when there are fewer than two classes, or one has fewer than two samples."""
    if len(classes) < 2:
        raise DataRefused(
            f"a data set needs at least two classes, got {len(classes)}; give samples of others as well"
        )
    counts = class_counts(labels, len(classes))
    poor = [(label, int(count)) for label, count in zip(classes, counts, strict=True) if count < 2]
    if poor:
        named = ", ".join(f"{label!r} has {count}" for label, count in poor[:5])
        why = (
            f"; {len(faults)} could not be read, the first: {faults[0].where}: {faults[0].reason}"
            if faults
            else ""
        )
        raise DataRefused(f"every class needs at least two usable samples; {named}{why}")
