"""Which operator pays: tries, improvements and mean gain of every way a birth came to be."""

from __future__ import annotations

import math
from typing import NamedTuple

from searchengine.report.history import BirthRow, RunHistory
from searchengine.report.student import interval_of_mean

SEVERAL = "several"
"""Name under which births with more than one kind of change stand: none of them can be credited alone."""


class OperatorCredit(NamedTuple):
    """What one operator did. ``tries`` over all operators add up to the births; ``gained`` counts births
    with a fitness whose first parent has one too; ``improved`` those fitter than that parent; ``interval``
    is the 95 % interval of the mean gain, None below two; ``reused`` births were answered from history."""

    operator: str
    tries: int
    scored: int
    failed: int
    reused: int
    gained: int
    improved: int
    mean_gain: float | None
    interval: tuple[float, float] | None
    cost: float


def operator_name(birth: BirthRow) -> str:
    """The one operator that made a birth: of its changes if all are of one kind, else ``several``; without
    changes the birth's own."""
    kinds = {change.operator for change in birth.changes}
    if not kinds:
        return birth.operator
    return kinds.pop() if len(kinds) == 1 else SEVERAL


def operator_credit(run: RunHistory) -> tuple[OperatorCredit, ...]:
    """Credit of every operator, most tried first. Gains are told search fitness minus the first parent's."""
    scores = run.first_scores()
    by_operator: dict[str, list[BirthRow]] = {}
    for birth in run.births:
        by_operator.setdefault(operator_name(birth), []).append(birth)
    found = []
    for operator, births in by_operator.items():
        told = [scores[birth.number] for birth in births if birth.number in scores]
        gains: list[float] = []
        for birth in births:
            own = scores.get(birth.number)
            parent = scores.get(birth.parents[0]) if birth.parents else None
            if own and parent and own.fitness is not None and parent.fitness is not None:
                gains.append(own.fitness - parent.fitness)
        found.append(
            OperatorCredit(
                operator,
                tries=len(births),
                scored=sum(row.fitness is not None for row in told),
                failed=sum(row.failure is not None for row in told),
                reused=sum(row.reuse_of is not None for row in told),
                gained=len(gains),
                improved=sum(gain > 0 for gain in gains),
                mean_gain=math.fsum(gains) / len(gains) if gains else None,
                interval=interval_of_mean(gains),
                cost=math.fsum(row.cost for row in told if row.reuse_of is None),
            )
        )
    return tuple(sorted(found, key=lambda credit: (-credit.tries, credit.operator)))
