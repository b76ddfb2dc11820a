"""Average precision of ranked samples, and its mean over classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def average_precision(scores: NDArray[Any], positive: NDArray[Any]) -> float:
    """The area under the precision-recall steps of one class: sum over thresholds of (R_n - R_(n-1)) P_n.

    ``scores`` (N,), higher means likelier; ``positive`` (N,) is 0 or 1. Samples of equal score share a
    threshold, so their order does not matter. Raises ``ValueError`` without a positive sample.
    """
    total = int(np.count_nonzero(positive))
    if total == 0:
        raise ValueError("average precision needs at least one positive sample, got none")
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(positive[order] > 0)
    last_of_equals = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    found = hits[last_of_equals]
    precision = found / (last_of_equals + 1)
    gained = np.diff(found, prepend=0) / total
    return float(np.sum(gained * precision))


def mean_average_precision(scores: NDArray[Any], labels: NDArray[Any]) -> float:
    """The mean over classes of ``average_precision``: ``scores`` and ``labels`` (N, classes). Classes without
    a positive sample say nothing and are left out. Raises ``ValueError`` when none is left."""
    held = np.flatnonzero((labels > 0).any(axis=0))
    if not len(held):
        raise ValueError("mean average precision needs a class with a positive sample, got none")
    return float(np.mean([average_precision(scores[:, one], labels[:, one]) for one in held]))
