"""Student's t interval of a mean: how sure a handful of seeds can be."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom (any statistics table).
_QUANTILES = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def quantile_95(freedom: int) -> float:
    """Two-sided 95 % quantile of t with that many degrees of freedom (at least 1), to three places up to 30
    and within .0002 above (expansion in 1/freedom around the normal quantile)."""
    if freedom < 1:
        raise ValueError(f"degrees of freedom start at 1, got {freedom}")
    if freedom <= len(_QUANTILES):
        return _QUANTILES[freedom - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def interval_of_mean(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the mean of independent values; None below two values."""
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = quantile_95(count - 1) * deviation / math.sqrt(count)
    return mean - half, mean + half
