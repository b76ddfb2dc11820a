"""How a run goes: the best fitness so far, every birth as a point, the population's band."""

from __future__ import annotations

import heapq
from typing import Literal, NamedTuple

from searchengine.report.history import RunHistory
from searchengine.report.operators import operator_name
from searchengine.report.series import MOST_POINTS, Band, Curve, thin_band, thin_curve

Axis = Literal["birth", "told", "cost"]
"""What a curve runs over: birth number, number of results told (from 1), or cost spent (summed, in the unit
of the jobs' predicted cost). Runs of different methods are compared over cost."""


class BirthPoints(NamedTuple):
    """Every birth as a point, in columns of equal length, by birth number. ``fitness`` is None while untold
    and for a failure; ``failed`` is the failure's code or empty; ``reused`` marks a result told again for an
    equal genome; ``text`` is the feed's phrase (``#41 = #17 with temporal kernel 3 → 7``)."""

    number: tuple[int, ...]
    place: tuple[int | None, ...]
    fitness: tuple[float | None, ...]
    operator: tuple[str, ...]
    parents: tuple[tuple[int, ...], ...]
    failed: tuple[str, ...]
    reused: tuple[bool, ...]
    parameters: tuple[int | None, ...]
    flops: tuple[int | None, ...]
    text: tuple[str, ...]


class RunCurves(NamedTuple):
    """What the run page's chart holds; ``control`` is the control's best so far on the same axis, if there
    is one."""

    axis: Axis
    best: Curve
    band: Band
    points: BirthPoints
    control: Curve | None


def run_curves(run: RunHistory, control: RunHistory | None = None, axis: Axis = "told") -> RunCurves:
    """Best so far, population band and births of ``run``, and the control's best so far."""
    return RunCurves(
        axis,
        best_so_far(run, axis),
        population_band(run, axis),
        birth_points(run),
        best_so_far(control, axis, name="control") if control is not None else None,
    )


def best_so_far(
    run: RunHistory, axis: Axis = "told", name: str = "best so far", most: int = MOST_POINTS
) -> Curve:
    """The best search fitness after each told result: the points where it rises, and the latest one.

    A step line through them is the whole curve. Failures count on the axis and never raise it.
    """
    xs: list[float] = []
    ys: list[float | None] = []
    best: float | None = None
    x = 0.0
    for x, _, fitness in _told(run, axis):
        if fitness is not None and (best is None or fitness > best):
            best = fitness
            xs.append(x)
            ys.append(best)
    if best is not None and xs[-1] < x:
        xs.append(x)
        ys.append(best)
    return thin_curve(Curve(name, tuple(xs), tuple(ys)), most)


def birth_points(run: RunHistory) -> BirthPoints:
    """Every birth of the run as columns."""
    scores = run.first_scores()
    rows = []
    for birth in run.births:
        score = scores.get(birth.number)
        rows.append(
            (
                birth.number,
                score.place if score else None,
                score.fitness if score else None,
                operator_name(birth),
                birth.parents,
                score.failure.code if score and score.failure else "",
                bool(score and score.reuse_of is not None),
                birth.parameters,
                birth.flops,
                birth_phrase(birth.number, birth.parents, [c.text for c in birth.changes], birth.operator),
            )
        )
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(BirthPoints._fields)
    return BirthPoints(*columns)


def birth_phrase(number: int, parents: tuple[int, ...], changes: list[str], operator: str) -> str:
    """How a birth came to be, for the feed: ``#41 = #17 with temporal kernel 3 → 7``, ``#3 random``."""
    if not parents:
        return f"#{number} {': '.join([operator.replace('_', '-'), *filter(None, [', '.join(changes)])])}"
    source = " and ".join(f"#{parent}" for parent in parents)
    return f"#{number} = {source} with {', '.join(changes) or operator}"


def population_band(run: RunHistory, axis: Axis = "told", most: int = MOST_POINTS) -> Band:
    """Lowest, mean and highest fitness of the living population after each told result.

    The population is what ``entered`` and ``deaths`` say; births without a fitness count nowhere. O(n log n).
    """
    scores = run.first_scores()
    entered: dict[int, list[int]] = {}
    left: dict[int, list[int]] = {}
    for entry in run.entered:
        entered.setdefault(entry.place, []).append(entry.number)
    for death in run.deaths:
        left.setdefault(death.place, []).append(death.number)
    alive: dict[int, float] = {}
    lowest: list[tuple[float, int]] = []
    highest: list[tuple[float, int]] = []
    total = 0.0
    rows: list[tuple[float, float, float, float]] = []
    for x, place, _ in _told(run, axis):
        for number in entered.pop(place, ()):
            score = scores.get(number)
            if score is not None and score.fitness is not None and number not in alive:
                alive[number] = score.fitness
                total += score.fitness
                heapq.heappush(lowest, (score.fitness, number))
                heapq.heappush(highest, (-score.fitness, number))
        for number in left.pop(place, ()):
            total -= alive.pop(number, 0.0)
        while lowest and lowest[0][1] not in alive:
            heapq.heappop(lowest)
        while highest and highest[0][1] not in alive:
            heapq.heappop(highest)
        if alive:
            low, high = lowest[0][0], -highest[0][0]
            # The running sum drifts by rounding; the mean must not leave the band for that.
            rows.append((x, low, min(max(total / len(alive), low), high), high))
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    return thin_band(Band("population", *columns), most)


def _told(run: RunHistory, axis: Axis) -> list[tuple[float, int, float | None]]:
    """(x, place, fitness) of every told search result, x not falling. A job that scored several births gives
    one entry a birth; its cost counts once."""
    rows: list[tuple[float, int, float | None]] = []
    spent, last, furthest = 0.0, -1, 0
    for told, row in enumerate(run.search_scores(), 1):
        if row.place != last:
            spent += row.cost if row.reuse_of is None else 0.0
            last = row.place
        furthest = max(furthest, row.birth)
        rows.append(
            ({"birth": float(furthest), "told": float(told), "cost": spent}[axis], row.place, row.fitness)
        )
    return rows
