"""Columns that somebody draws, and thinning them without losing what the eye looks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_POINTS = 1500
"""Points kept of one drawn line: more than a chart has pixels, few enough to be repainted live."""


class Curve(NamedTuple):
    """A line: ``x`` rises; ``y`` is None where there is no value."""

    name: str
    x: tuple[float, ...]
    y: tuple[float | None, ...]


class Band(NamedTuple):
    """Lowest, mean and highest of a group over ``x``."""

    name: str
    x: tuple[float, ...]
    low: tuple[float, ...]
    mean: tuple[float, ...]
    high: tuple[float, ...]


def thinned(values: Sequence[float | None], most: int = MOST_POINTS) -> list[int]:
    """Which indices of ``values`` to draw, rising, at most ``most``.

    The indices are cut into equal buckets; each keeps its lowest, its highest and its last value, so peaks
    and the newest point always survive. All of them where there are no more than ``most``.
    """
    if most < 3:
        raise ValueError(f"thinning needs at least 3 points, got {most}")
    count = len(values)
    if count <= most:
        return list(range(count))
    buckets = most // 3
    kept: set[int] = {count - 1}
    for bucket in range(buckets):
        start, stop = bucket * count // buckets, (bucket + 1) * count // buckets
        known = [index for index in range(start, stop) if values[index] is not None]
        kept.add(stop - 1)
        if known:
            kept.add(min(known, key=lambda index: (values[index], index)))
            kept.add(max(known, key=lambda index: (values[index], -index)))
    return sorted(kept)


def thin_curve(curve: Curve, most: int = MOST_POINTS) -> Curve:
    """The curve with at most ``most`` points."""
    kept = thinned(curve.y, most)
    return Curve(curve.name, tuple(curve.x[i] for i in kept), tuple(curve.y[i] for i in kept))


def thin_band(band: Band, most: int = MOST_POINTS) -> Band:
    """The band with at most ``most`` points: extremes of low and high both survive."""
    if len(band.x) <= most:
        return band
    kept = sorted(set(thinned(band.low, most // 2)) | set(thinned(band.high, most // 2)))
    low, mean, high = ([column[i] for i in kept] for column in (band.low, band.mean, band.high))
    return Band(band.name, tuple(band.x[i] for i in kept), tuple(low), tuple(mean), tuple(high))
