"""From values to places on a drawing, and from numbers to the words beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """The values an axis shows, ``low`` < ``high``."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where ``value`` lies between low (0) and high (1); outside values stay outside."""
        return (value - self.low) / (self.high - self.low)


def span_of(values: Iterable[float], margin: float = 0.05) -> Span:
    """The span of ``values`` with a margin, a share of their extent, on both sides; (0, 1) of none."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return Span(0.0, 1.0)
    low, high = min(known), max(known)
    if low == high:
        half = max(abs(high), 1e-9) * 0.05
        return Span(low - half, high + half)
    return Span(low - margin * (high - low), high + margin * (high - low))


def number(value: float) -> str:
    """A coordinate with one decimal, without trailing zeros."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def percent(value: float | None, digits: int = 1) -> str:
    """``0.9214`` as ``92.1 %``; a dash for nothing."""
    return "–" if value is None else f"{value * 100:.{digits}f} %"


def fitness(value: float | None) -> str:
    """What selection sees, with three decimals: a method's own sum, so no percentage. A dash for nothing."""
    return "–" if value is None else f"{value:.3f}"


def change(value: float | None) -> str:
    """A difference of two fitnesses with its sign."""
    return "–" if value is None else f"{value:+.3f}"


def count(value: float | None) -> str:
    """``1234567`` as ``1.23 M``, ``12`` as ``12``; a dash for nothing."""
    if value is None:
        return "–"
    for size, sign in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{sign}"
    return f"{value:g}"


def duration(seconds: float | None) -> str:
    """Seconds in the two largest units: ``1 h 05 min``, ``3 min 20 s``, ``4.2 s``; a dash for nothing."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24} h"


def size(value: float | None) -> str:
    """Bytes as ``3.4 MB``; a dash for nothing."""
    if value is None:
        return "–"
    for unit, sign in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= unit:
            return f"{value / unit:.1f} {sign}"
    return f"{value:.0f} bytes"
