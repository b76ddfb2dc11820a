"""Draws by gate probabilities, given what a path may cost, also where the gates themselves hardly go there.

With every op's odds multiplied by exp(-t c), c being its cost, a path that costs C comes up exp(-t C) times
as often, up to one factor for all: among paths of one cost nothing changes. So t is taken such that the mean
cost lies at the nearer end of the range asked for, and of what then lies in it a path is taken with
probability exp(-t (end - C)). What is left is distributed as the gates say, given the range. Where their mean
lies in it already, t is 0 and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from searchengine.methods.nse.sampling import Gates, Mode

Floats = npt.NDArray[np.float64]

_STEEPEST = 100.0
"""Change of the logarithm of the odds of the dearest op at most."""
_HALVINGS = 60


class Tilt(NamedTuple):
    """``strength`` is t, per unit of cost: above 0 towards cheaper paths. ``toward`` is the end of the range
    at which nothing is refused."""

    strength: float
    toward: float

    def shifts(self, costs: Sequence[Floats]) -> list[Floats] | None:
        """What is added to the logarithm of every op's odds, cell by cell; None for nothing."""
        return [-self.strength * row for row in costs] if self.strength else None

    def accepted(self, costs: Floats, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
        """Which paths of these ``costs``, all inside the range, are taken; nothing is drawn without a
        tilt."""
        if not self.strength:
            return np.ones(len(costs), dtype=np.bool_)
        chance = np.exp(np.minimum(0.0, self.strength * (costs - self.toward)))
        return rng.random(len(costs)) < chance


def tilt(
    cells: str,
    gates: Gates,
    costs: Sequence[Floats],
    fixed: float,
    low: float,
    high: float,
    mode: Mode = "multi",
) -> Tilt:
    """The tilt with which the mean cost of a path lies from ``low`` to ``high``, or as near as it goes.
    ``costs`` stand in the order of ``gates``, ``fixed`` is what every path costs."""

    def mean(strength: float) -> float:
        return fixed + sum(
            _mean(kind, np.asarray(p, dtype=np.float64), row, strength, mode)
            for kind, p, row in zip(cells, gates, costs, strict=True)
        )

    dearest = max((float(row.max()) for row in costs if len(row)), default=0.0)
    plain = mean(0.0)
    if low <= plain <= high or dearest <= 0:
        return Tilt(0.0, high)
    toward = high if plain > high else low
    steepest = _STEEPEST / dearest
    # The mean falls as the strength rises. The half that is kept holds the answer, and its end of no tilt the
    # side it came from, so the mean ends just inside the range.
    near, far = 0.0, steepest if plain > high else -steepest
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        if (mean(middle) > toward) == (plain > high):
            near = middle
        else:
            far = middle
    return Tilt(far, toward)


def _mean(kind: str, gates: Floats, costs: Floats, strength: float, mode: Mode) -> float:
    """Mean cost of one cell under a tilt; a cell that changes shape holds an op, a single one at most one."""
    if not len(gates):
        return 0.0
    odds = gates / (1 - gates) * np.exp(-strength * costs)
    if mode == "single":
        return float((odds * costs).sum() / (odds.sum() + (kind == "N")))
    on = odds / (1 + odds)
    mean = float((on * costs).sum())
    if kind == "N":
        return mean
    # log1p and expm1 keep the share of paths that are not empty where every gate is nearly shut.
    return mean / -float(np.expm1(-np.log1p(odds).sum()))
