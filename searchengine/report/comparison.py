"""A run against its control: by how much it is better, and how sure that is.

Both are cut at the smaller of their costs first, so neither wins by having spent more. With one pair of runs
nothing tells skill from luck, and the words say so; with several pairs (same seeds on both sides) the
interval is over the pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from searchengine.report.history import RunHistory, ScoreRow
from searchengine.report.intervals import Interval
from searchengine.report.retrained import Retrained, retrained
from searchengine.report.student import interval_of_mean

TAIL = 15
"""Results whose mean stands for where a search has arrived: its last so many."""

RESAMPLES = 2000

Verdict = Literal["better", "worse", "not separable", "one seed cannot tell", "nothing to compare"]


class Comparison(NamedTuple):
    """A run (or several seeds of it) against the control. Fitnesses are means over the pairs;
    ``evaluations`` are the told results compared on each side; ``wins`` counts pairs whose best is above the
    control's; ``retrained`` holds the best networks of both sides against each other after equal final
    training, and decides the verdict as soon as it is over as many pairs; ``caveats`` name what makes the
    comparison unfair (other data, recipe or seed)."""

    pairs: int
    wins: int
    evaluations: tuple[int, int]
    best: float | None
    control_best: float | None
    difference: float | None
    interval: Interval | None
    tail_difference: float | None
    tail_interval: Interval | None
    verdict: Verdict
    sentence: str
    retrained: Retrained | None = None
    caveats: tuple[str, ...] = ()


def compare(pairs: Sequence[tuple[RunHistory, RunHistory]], rng: np.random.Generator) -> Comparison:
    """Compare runs with their controls, pair by pair. ``rng`` draws the bootstrap of a single pair."""
    arms = [_equal_cost(run, control) for run, control in pairs]
    arms = [(run, control) for run, control in arms if _values(run) and _values(control)]
    caveats = tuple(dict.fromkeys(text for run, control in pairs for text in _caveats(run, control)))
    if not arms:
        sentence = "There is nothing to compare yet: each side needs at least one result at equal cost."
        return Comparison(
            0, 0, (0, 0), None, None, None, None, None, None, "nothing to compare", sentence, None, caveats
        )  # fmt: skip
    best = [max(_values(run)) for run, _ in arms]
    control_best = [max(_values(control)) for _, control in arms]
    differences = [ours - theirs for ours, theirs in zip(best, control_best, strict=True)]
    tails = [(_values(run)[-TAIL:], _values(control)[-TAIL:]) for run, control in arms]
    tail_differences = [_mean(ours) - _mean(theirs) for ours, theirs in tails]
    over = f"{len(arms)} pairs of seeds"
    interval = _over_pairs(differences, over)
    tail_interval = _over_pairs(tail_differences, over) if len(arms) > 1 else _within_pair(*tails[0], rng)
    again = retrained(pairs)
    decisive = again.interval if again is not None and again.pairs == len(arms) else interval
    verdict = _verdict(decisive if len(arms) > 1 else None)
    wins = sum(difference > 0 for difference in differences)
    found = Comparison(
        pairs=len(arms),
        wins=wins,
        evaluations=(sum(len(run) for run, _ in arms), sum(len(control) for _, control in arms)),
        best=_mean(best),
        control_best=_mean(control_best),
        difference=_mean(differences),
        interval=interval,
        tail_difference=_mean(tail_differences),
        tail_interval=tail_interval,
        verdict=verdict,
        sentence="",
        retrained=again,
        caveats=caveats,
    )
    return found._replace(sentence=_sentence(found))


def paired_bootstrap(
    ours: np.ndarray, theirs: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES
) -> Interval:
    """95 % interval of mean(ours - theirs) by resampling pairs, for two equally long columns (one entry a
    sample, e.g. 1 where a network was right). Raises ``ValueError`` for columns that are no pairs."""
    if ours.shape != theirs.shape or ours.ndim != 1 or not len(ours):
        raise ValueError(
            f"paired columns must be equally long and not empty, got {ours.shape} and {theirs.shape}"
        )
    gaps = ours.astype(float) - theirs.astype(float)
    means = gaps[rng.integers(0, len(gaps), (resamples, len(gaps)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(low), float(high), f"{len(gaps)} paired samples")


def _equal_cost(run: RunHistory, control: RunHistory) -> tuple[list[ScoreRow], list[ScoreRow]]:
    """Told results of both sides up to the smaller of the two costs; a reused result costs nothing."""
    sides = [_with_cost(run), _with_cost(control)]
    limit = min((side[-1][0] if side else 0.0) for side in sides)
    within = [[row for spent, row in side if spent <= limit * (1 + 1e-9)] for side in sides]
    return within[0], within[1]


def _with_cost(run: RunHistory) -> list[tuple[float, ScoreRow]]:
    rows, spent, last = [], 0.0, -1
    for row in run.search_scores():
        if row.place != last:
            spent += row.cost if row.reuse_of is None else 0.0
            last = row.place
        rows.append((spent, row))
    return rows


def _values(rows: Sequence[ScoreRow]) -> list[float]:
    return [row.fitness for row in rows if row.fitness is not None]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _over_pairs(differences: Sequence[float], over: str) -> Interval | None:
    found = interval_of_mean(differences)
    return Interval(*found, over) if found else None


def _within_pair(ours: Sequence[float], theirs: Sequence[float], rng: np.random.Generator) -> Interval | None:
    """Bootstrap of the difference of two means, each side resampled: noise within this pair of runs alone."""
    if len(ours) < 2 or len(theirs) < 2:
        return None
    sides = []
    for values in (ours, theirs):
        column = np.asarray(values, dtype=float)
        sides.append(column[rng.integers(0, len(column), (RESAMPLES, len(column)))].mean(axis=1))
    low, high = np.quantile(sides[0] - sides[1], (0.025, 0.975))
    return Interval(float(low), float(high), "the last results of this one pair of runs")


def _verdict(interval: Interval | None) -> Verdict:
    if interval is None:
        return "one seed cannot tell"
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "not separable"


def _sentence(found: Comparison) -> str:
    assert found.difference is not None
    assert found.tail_difference is not None
    head = (
        f"Best {found.best:.4g} against {found.control_best:.4g} of the control at equal cost"
        f" ({found.difference:+.4g}; {found.evaluations[0]} and {found.evaluations[1]} results)."
    )
    tail = f" The last results differ by {found.tail_difference:+.4g} on average"
    if found.tail_interval:
        low, high = found.tail_interval.low, found.tail_interval.high
        within = "within this pair" if found.pairs == 1 else f"over {found.tail_interval.over}"
        tail += f" (95 % interval {low:+.4g} to {high:+.4g} {within})"
    if found.pairs == 1:
        again = f" {found.retrained.sentence}" if found.retrained is not None else ""
        luck = "One seed cannot tell skill from luck: repeat both with other seeds to know."
        return f"{head}{tail}.{again} {luck}"
    assert found.interval is not None
    if found.retrained is not None and found.retrained.pairs == found.pairs:
        sure = f" {found.retrained.sentence} Over {found.pairs} seeds "
    else:
        low, high = found.interval.low, found.interval.high
        sure = f" Over {found.pairs} seeds it won {found.wins} times,"
        sure += f" 95 % interval {low:+.4g} to {high:+.4g}: "
    words = {
        "better": "the search is better than its control.",
        "worse": "the search is worse than its control.",
        "not separable": "the best networks of the two cannot be told apart.",
    }
    return f"{head}{tail}.{sure}{words[found.verdict]}"


def _caveats(run: RunHistory, control: RunHistory) -> list[str]:
    found = []
    for name, words in (("data", "data sets"), ("recipe", "recipes"), ("seed", "seeds")):
        ours, theirs = run.plan.get(name), control.plan.get(name)
        if name == "data":
            ours, theirs = _fingerprint(ours), _fingerprint(theirs)
        if ours is not None and theirs is not None and ours != theirs:
            found.append(f"the two ran with different {words}")
    return found


def _fingerprint(data: object) -> object:
    return data.get("fingerprint") if isinstance(data, dict) else data
