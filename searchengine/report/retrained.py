"""The best networks of a run and of its control, each trained again alike: what a person would take away.

A search's best score is a maximum of many noisy ones and looks better than it is. The final phase trains the
leaders of both sides afresh and longer, with the same schedule, so its scores can be held against each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from searchengine.report.history import RunHistory, ScoreRow
from searchengine.report.intervals import Interval, of_two_shares
from searchengine.report.student import interval_of_mean

METRICS = ("accuracy", "mean_average_precision")
"""What networks are judged by, where their scores have it."""


class Retrained(NamedTuple):
    """Means over the pairs in which both sides were trained again; ``metric`` names the value. ``interval``
    of the difference is over the pairs or, for one pair's accuracies, over the validation samples."""

    metric: str
    pairs: int
    wins: int
    best: float
    control_best: float
    difference: float
    interval: Interval | None

    @property
    def sentence(self) -> str:
        one = self.pairs == 1
        name = self.metric.replace("_", " ")
        text = (
            f"Trained again alike, the best networks reach {'' if one else 'on average '}{name}"
            f" {self.best:.4g} and {self.control_best:.4g} on validation ({self.difference:+.4g}"
        )
        if self.interval is not None:
            text += f", 95 % interval {self.interval.low:+.4g} to {self.interval.high:+.4g} over"
            text += f" {self.interval.over}"
        return text + (")." if one else f"; ahead in {self.wins} of {self.pairs}).")


def retrained(pairs: Sequence[tuple[RunHistory, RunHistory]]) -> Retrained | None:
    """None until both sides of a pair have been trained again."""
    found = [(_finals(run), _finals(control)) for run, control in pairs]
    arms = [(run, control) for run, control in found if run and control]
    if not arms:
        return None
    rows = [row for arm in arms for side in arm for birth in side.values() for row in birth]
    known = [name for name in METRICS if all(name in row.metrics for row in rows)]
    metric = known[0] if known else "fitness"
    best = [(_best(run, metric), _best(control, metric)) for run, control in arms]
    gaps = [ours - theirs for ours, theirs in best]
    return Retrained(
        metric=metric,
        pairs=len(arms),
        wins=sum(gap > 0 for gap in gaps),
        best=math.fsum(ours for ours, _ in best) / len(best),
        control_best=math.fsum(theirs for _, theirs in best) / len(best),
        difference=math.fsum(gaps) / len(gaps),
        interval=_interval(gaps, best[0], metric, pairs[0][0]),
    )


def _interval(
    gaps: Sequence[float], best: tuple[float, float], metric: str, run: RunHistory
) -> Interval | None:
    over_pairs = interval_of_mean(gaps)
    if over_pairs is not None:
        return Interval(*over_pairs, f"{len(gaps)} pairs of seeds")
    data = run.plan.get("data")
    count = int(data["sizes"].get("validation", 0)) if isinstance(data, dict) and "sizes" in data else 0
    return of_two_shares(*best, count) if metric == "accuracy" and count else None


def _finals(run: RunHistory) -> dict[int, list[ScoreRow]]:
    """Final scores by birth, of what the search itself found: a hand-made network beside it has no score of
    the search."""
    searched = {row.birth for row in run.search_scores()}
    found: dict[int, list[ScoreRow]] = {}
    for row in run.scores:
        if row.phase == "final" and row.fitness is not None and row.birth in searched:
            found.setdefault(row.birth, []).append(row)
    return found


def _best(finals: dict[int, list[ScoreRow]], metric: str) -> float:
    """Of the finalist that is best in the mean of its trainings."""
    return max(math.fsum(_value(row, metric) for row in rows) / len(rows) for rows in finals.values())


def _value(row: ScoreRow, metric: str) -> float:
    if metric == "fitness":
        assert row.fitness is not None  # _finals left out the others
        return row.fitness
    return row.metrics[metric]
