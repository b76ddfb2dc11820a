"""What a network may cost: the table of costs with the target of the gates, the band of scored paths, and how
far below it guards may lie."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.core.errors import InvalidParams
from searchengine.methods.nse.candidates import Band
from searchengine.methods.nse.costs import Table
from searchengine.methods.nse.params import NseParams

THOUSAND = 1000.0
"""Costs are told in thousands: of multiply-adds, of parameters, of microseconds."""
TARGET, LOW, HIGH, GUARDS = 2.4, 1.8, 4.0, 0.3
"""Target, ends of the band and width of the guards where none are given, in costs of the cheapest path."""
UNITS = {"macs": "thousand multiply-adds", "parameters": "thousand parameters", "latency": "ms"}


class Limits(NamedTuple):
    """All in the unit of ``costs``."""

    costs: Table
    target: float
    band: Band
    guard_width: float


def limits(params: NseParams, costs: Table, data: str) -> Limits:
    """Those of ``params``, and where they say 0 those that follow the cheapest path. Raises ``InvalidParams``
    when the band is upside down or holds no path on the data set named ``data``."""
    least, largest = costs.least(params.cells), costs.largest()
    band = Band(params.band_low * THOUSAND or LOW * least, params.band_high * THOUSAND or HIGH * least)
    low, high, unit = band.low / THOUSAND, band.high / THOUSAND, UNITS[params.resource]
    if low >= high:
        raise InvalidParams(
            {"band_high": f"the band would run from {_told(low)} to {_told(high)} {unit}; raise band_high"}
        )
    if band.high < least or band.low > largest:
        raise InvalidParams(
            {
                "band_low": f"no path costs from {_told(low)} to {_told(high)} {unit}: on {data} the cheapest"
                f" costs {_told(least / THOUSAND)} and the largest {_told(largest / THOUSAND)}"
            }
        )
    target = params.target * THOUSAND or TARGET * least
    return Limits(costs, target, band, params.guard_width * THOUSAND or GUARDS * least)


def _told(value: float) -> str:
    """``300,000``, ``12.35``: never in powers of ten."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
