"""The paths a round scores: distinct, drawn by gate probabilities given a cost inside the band; and guards
just below it, so that the cheapest candidates are not on the front merely for being the cheapest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchengine.methods.nse.sampling import Gates, Mask, Mode, masks, ops_of
from searchengine.methods.nse.subset import Cells
from searchengine.methods.nse.tilting import tilt

TRIES = 500
"""Draws that a wanted path is worth."""
LEAST_TRIES = 50_000
_BATCH = 1024


class Band(NamedTuple):
    """Costs from ``low`` to ``high``, both counted in, in the unit of the resource metric."""

    low: float
    high: float


class CellCosts(NamedTuple):
    """A path costs ``fixed`` (stem and tail) plus the sum of its ops; ``ops`` stands in the order of active.
    Whole numbers (MACs) are summed exactly."""

    ops: Sequence[Sequence[float]]
    fixed: float


class Drawn(NamedTuple):
    path: Cells
    cost: float


class Draw(NamedTuple):
    """What was found of ``wanted`` paths in ``tries`` draws, of which ``outside`` had another cost,
    ``thinned`` a cost that tilted odds bring up too often (:mod:`searchengine.methods.nse.tilting`) and
    ``repeated`` were known or found already. ``span`` are the costs asked for, in words."""

    found: tuple[Drawn, ...]
    wanted: int
    tries: int
    outside: int
    thinned: int
    repeated: int
    span: str

    @property
    def missing(self) -> int:
        return self.wanted - len(self.found)

    @property
    def sentence(self) -> str:
        """What came of the draw, in words."""
        return (
            f"{len(self.found)} of {self.wanted} paths with a cost {self.span} found in {self.tries} draws; "
            f"{self.outside} had another cost, {self.thinned} were thinned out, {self.repeated} were known"
        )


def candidates(
    cells: str,
    active: Cells,
    gates: Gates,
    costs: CellCosts,
    band: Band,
    count: int,
    rng: np.random.Generator,
    *,
    known: Callable[[Cells], bool] = lambda path: False,
    mode: Mode = "multi",
    most_tries: int | None = None,
) -> Draw:
    """``count`` distinct paths with a cost inside ``band`` that are not ``known`` (asked with ops ascending),
    in the order drawn.

    Ends after ``most_tries`` draws (500 a path, at least 50,000) with what there is. Raises ``ValueError``
    for a band that is not finite or upside down, costs or gates that do not fit ``active``, and as
    :func:`searchengine.methods.nse.sampling.masks`."""
    if not (isfinite(band.low) and isfinite(band.high) and band.low <= band.high):
        raise ValueError(f"expected a band from a lower to a higher cost, got {band.low} to {band.high}")
    drawing = _Drawing(cells, active, gates, costs, mode, known)
    return drawing.run(band, True, count, rng, most_tries)


def guards(
    cells: str,
    active: Cells,
    gates: Gates,
    costs: CellCosts,
    band: Band,
    width: float,
    count: int,
    rng: np.random.Generator,
    *,
    known: Callable[[Cells], bool] = lambda path: False,
    mode: Mode = "multi",
    most_tries: int | None = None,
) -> Draw:
    """``count`` distinct paths that cost at least ``band.low`` - ``width`` and less than ``band.low``; else
    as :func:`candidates`. Raises ``ValueError`` too for a width that is not above 0."""
    if not (isfinite(band.low) and isfinite(width) and width > 0):
        raise ValueError(f"expected a finite width above 0 below {band.low}, got {width}")
    drawing = _Drawing(cells, active, gates, costs, mode, known)
    return drawing.run(Band(band.low - width, band.low), False, count, rng, most_tries)


class _Drawing:
    def __init__(
        self,
        cells: str,
        active: Cells,
        gates: Gates,
        costs: CellCosts,
        mode: Mode,
        known: Callable[[Cells], bool],
    ) -> None:
        if [len(ops) for ops in active] != [len(row) for row in costs.ops]:
            raise ValueError("expected the cost of every active op, cell by cell")
        if [len(ops) for ops in active] != [len(row) for row in gates]:
            raise ValueError("expected the gate of every active op, cell by cell")
        self._cells, self._active, self._gates, self._mode = cells, active, gates, mode
        self._costs = [np.asarray(row, dtype=np.float64) for row in costs.ops]
        self._fixed = costs.fixed
        self._known = known

    def run(
        self, span: Band, closed: bool, count: int, rng: np.random.Generator, most_tries: int | None
    ) -> Draw:
        """Draw until ``count`` are found or the tries are spent; ``closed``: whether the upper end counts."""
        limit = max(LEAST_TRIES, TRIES * count) if most_tries is None else most_tries
        seen: set[Cells] = set()
        found: list[Drawn] = []
        tries = outside = thinned = repeated = 0
        tilted = tilt(self._cells, self._gates, self._costs, self._fixed, span.low, span.high, self._mode)
        shifts = tilted.shifts(self._costs)
        while len(found) < count and tries < limit:
            asked = min(_BATCH, limit - tries)
            drawn = masks(self._cells, self._gates, asked, rng, mode=self._mode, shifts=shifts)
            costs = self._cost(drawn)
            taken = tilted.accepted(costs, rng)
            inside = (costs >= span.low) & ((costs <= span.high) if closed else (costs < span.high))
            for row in range(len(costs)):
                if len(found) == count:
                    break
                tries += 1
                if not inside[row]:
                    outside += 1
                    continue
                if not taken[row]:
                    thinned += 1
                    continue
                path = tuple(ops_of(ops, on[row]) for ops, on in zip(self._active, drawn, strict=True))
                if path in seen or self._known(path):
                    repeated += 1
                    continue
                seen.add(path)
                found.append(Drawn(path, float(costs[row])))
        words = f"from {span.low:.12g} to {'' if closed else 'below '}{span.high:.12g}"
        return Draw(tuple(found), count, tries, outside, thinned, repeated, words)

    def _cost(self, drawn: list[Mask]) -> npt.NDArray[np.float64]:
        """Cost of every drawn path, shape (count,)."""
        total = np.full(len(drawn[0]), self._fixed, dtype=np.float64)
        for on, row in zip(drawn, self._costs, strict=True):
            total += (on * row).sum(axis=1)
        return total
