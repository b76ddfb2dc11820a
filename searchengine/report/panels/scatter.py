"""Every birth by what it costs and how well it does."""

from __future__ import annotations

from typing import Literal

from searchengine.report.history import BirthRow, RunHistory, ScoreRow
from searchengine.report.operators import operator_name
from searchengine.report.panels.base import Panel, PanelAxis, PanelMaker, PanelSeries

Cost = Literal["parameters", "flops", "latency"]

_SINGLE, _SEVERAL = "accuracy", "mean_average_precision"
_AXES = {
    "parameters": PanelAxis("parameters", "", log=True),
    "flops": PanelAxis("multiply-adds of one sample", "", log=True),
    "latency": PanelAxis("latency", "ms", log=True),
}


def accuracy_cost(cost: Cost = "flops", metric: str | None = None) -> PanelMaker:
    """A panel of ``metric`` over a cost, one point a birth, one series an operator, and the front that
    nothing beats on both. Without a ``metric`` it is what the run's data is judged by, and the panel is
    called ``accuracy-...`` all the same. Latency is the metric ``latency_ms`` of those births that were
    measured."""
    slug = f"{metric or 'accuracy'}-{cost}"

    def panel(run: RunHistory) -> Panel:
        return _panel(run, slug, metric or judged_by(run), cost)

    return panel


def judged_by(run: RunHistory) -> str:
    """The metric that the scores have: accuracy, or the mean average precision where samples have several
    labels; before the first score what the plan's data says."""
    known = {name for score in run.scores for name in score.metrics}
    if known.intersection((_SINGLE, _SEVERAL)):
        return _SINGLE if _SINGLE in known else _SEVERAL
    data = run.plan.get("data")
    return _SEVERAL if isinstance(data, dict) and data.get("labels") == "multi" else _SINGLE


def _panel(run: RunHistory, slug: str, metric: str, cost: Cost) -> Panel:
    words = metric.replace("_", " ")
    scores = run.first_scores()
    points: dict[str, list[tuple[float, float, int]]] = {}
    for birth in run.births:
        score = scores.get(birth.number)
        x = _cost(birth, score, cost)
        y = score.metrics.get(metric) if score and not score.failure else None
        if x is not None and y is not None and x > 0:
            points.setdefault(operator_name(birth), []).append((x, y, birth.number))
    series = [
        PanelSeries(name, "points", *_columns(rows), births=tuple(number for _, _, number in rows))
        for name, rows in sorted(points.items())
    ]
    best = front([point for rows in points.values() for point in rows])
    if best:
        births = tuple(number for _, _, number in best)
        series.append(
            PanelSeries("best for its cost", "step", *_columns(best), colour="accent", births=births)
        )
    return Panel(
        slug,
        f"{words.capitalize()} and {_AXES[cost].title}",
        f"Each point is a birth. On the line stand those that nothing cheaper reaches in {words}.",
        _AXES[cost],
        PanelAxis(words),
        tuple(series),
        empty="" if series else f"Appears once births have {words} and {_AXES[cost].title}.",
    )


def front(points: list[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """(cost, value, number) of the points that no cheaper or equally cheap one equals or beats, by cost."""
    found: list[tuple[float, float, int]] = []
    for point in sorted(points, key=lambda one: (one[0], -one[1], one[2])):
        if not found or point[1] > found[-1][1]:
            found.append(point)
    return found


def _columns(
    rows: list[tuple[float, float, int]],
) -> tuple[tuple[float | str, ...], tuple[float | None, ...]]:
    return tuple(x for x, _, _ in rows), tuple(y for _, y, _ in rows)


def _cost(birth: BirthRow, score: ScoreRow | None, cost: Cost) -> float | None:
    metrics = score.metrics if score else {}
    if cost == "latency":
        return metrics.get("latency_ms")
    counted = birth.parameters if cost == "parameters" else birth.flops
    return float(counted) if counted is not None else metrics.get(cost)
