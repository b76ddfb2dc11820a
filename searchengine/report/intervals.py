"""Intervals as pages show them, and the one of two accuracies."""

from __future__ import annotations

import math
from typing import NamedTuple

Z_95 = 1.959964


class Interval(NamedTuple):
    """A 95 % interval and what was resampled, averaged or counted to get it."""

    low: float
    high: float
    over: str


def wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share of ``count`` samples (Wilson 1927): stays within 0 to 1, also at the ends."""
    if count < 1 or not 0 <= share <= 1:
        raise ValueError(f"expected a share of 0 to 1 of at least one sample, got {share} of {count}")
    centre = share + Z_95**2 / (2 * count)
    half = Z_95 * math.sqrt(share * (1 - share) / count + Z_95**2 / (4 * count**2))
    scale = 1 + Z_95**2 / count
    return (centre - half) / scale, (centre + half) / scale


def of_two_shares(first: float, second: float, count: int) -> Interval:
    """95 % interval of ``first - second``, both shares of ``count`` samples (Newcombe 1998, method 10).

    It treats the two as scored on samples of their own. On the same samples, of which two good networks
    get mostly the same ones right, it is wider than need be, never too narrow in the mean.
    """
    (low_1, high_1), (low_2, high_2) = wilson(first, count), wilson(second, count)
    gap = first - second
    below = math.hypot(first - low_1, high_2 - second)
    above = math.hypot(high_1 - first, second - low_2)
    return Interval(gap - below, gap + above, f"{count} samples")
