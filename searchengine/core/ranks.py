"""How far two orders of the same things agree."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt


def ranks(values: Sequence[float]) -> tuple[float, ...]:
    """The rank of every value from 1, the smallest first; equal ones share the mean of their ranks. Raises
    ``ValueError`` when a number is not finite."""
    if not all(isfinite(value) for value in values):
        raise ValueError(f"expected finite numbers to rank, got {list(values)}")
    order = sorted(range(len(values)), key=lambda place: values[place])
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            found[place] = (start + end) / 2 + 1
        start = end + 1
    return tuple(found)


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation in [-1, 1] of equally many numbers; None where it says nothing: fewer than
    two, or all of one side equal."""
    if len(one) != len(other):
        raise ValueError(f"expected equally many numbers, got {len(one)} and {len(other)}")
    if len(one) < 2:
        return None
    x, y = ranks(one), ranks(other)
    middle = (len(x) + 1) / 2
    both = sum((a - middle) * (b - middle) for a, b in zip(x, y, strict=True))
    spread = sqrt(sum((a - middle) ** 2 for a in x) * sum((b - middle) ** 2 for b in y))
    return max(-1.0, min(1.0, both / spread)) if spread else None
