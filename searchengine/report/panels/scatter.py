"""Every birth by what it costs and how well it does."""

from __future__ import annotations

from typing import Literal

from searchengine.report.history import BirthRow, RunHistory, ScoreRow
from searchengine.report.operators import operator_name
from searchengine.report.panels.base import Panel, PanelAxis, PanelMaker, PanelSeries

Cost = Literal["parameters", "flops", "latency"]

_AXES = {
    "parameters": PanelAxis("parameters", "", log=True),
    "flops": PanelAxis("multiply-adds of one sample", "", log=True),
    "latency": PanelAxis("latency", "ms", log=True),
}


def accuracy_cost(cost: Cost = "flops", metric: str = "accuracy") -> PanelMaker:
    """A panel of ``metric`` over a cost, one point a birth, one series an operator, and the front that
    nothing beats on both. Latency is the metric ``latency_ms`` of those births that were measured."""

    def panel(run: RunHistory) -> Panel:
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
            f"{metric}-{cost}",
            f"{metric.capitalize()} and {_AXES[cost].title}",
            f"Each point is a birth. On the line stand those that nothing cheaper reaches in {metric}.",
            _AXES[cost],
            PanelAxis(metric),
            tuple(series),
            empty="" if series else f"Appears once births have {metric} and {_AXES[cost].title}.",
        )

    return panel


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
