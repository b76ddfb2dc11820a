"""A front as a result: its trained networks from the cheapest on, and which one a limit offers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from searchengine import catalogue
from searchengine.core.errors import UnknownName
from searchengine.driver.documents import latency_of
from webapp.plots.metric_words import metric_name, metric_value
from webapp.plots.scale import count
from webapp.searches.models import Score, SearchRun
from webapp.searches.pages.networks import data_of


class FrontMember(NamedTuple):
    """A network of the front as it was trained last. ``score`` is what the search saw of it, ``value`` its
    fitness trained again, ``quality`` the same in the words of the data's metric; ``cost`` what the front
    trades, in words; ``offers`` the place in the front of the best network that costs at most as much."""

    number: int
    flops: int
    parameters: int
    latency_ms: float | None
    score: float | None
    value: float
    quality: str
    cost: str
    offers: int


class Front(NamedTuple):
    """``members`` in order of cost, empty while none is trained; ``cost`` says what that is, ``timed``
    whether the latency of all is known."""

    members: tuple[FrontMember, ...]
    cost: str = ""
    timed: bool = False


def front(run: SearchRun) -> Front | None:
    """None where the run's method finds no front. One query, none before anything was found."""
    try:
        kind = catalogue.method(run.method).result
    except UnknownName:
        return None
    if kind != "front":
        return None
    found = run.outcome_json or {}
    jobs = {row["job"]: row["birth"] for row in found.get("members", ()) if row["weights"] is not None}
    if not jobs:
        return Front(())
    scores = Score.objects.filter(evaluation__run=run, evaluation__number__in=jobs).select_related(
        "evaluation", "genome"
    )
    metric, progress = data_of(run).metric, run.progress_json
    rows = []
    for score in scores:
        metrics, birth = score.metrics_json, score.genome
        if jobs[score.evaluation.number] != birth.number or "fitness" not in metrics:
            continue
        rows.append(
            FrontMember(
                number=birth.number,
                flops=int(metrics.get("flops", birth.flops or 0)),
                parameters=int(metrics.get("parameters", birth.parameters or 0)),
                latency_ms=latency_of(progress, birth.number),
                score=birth.fitness,
                value=metrics["fitness"],
                quality=f"{metric_name(metric)} {metric_value(metric, metrics[metric])}"
                if metric in metrics
                else "",
                cost="",
                offers=0,
            )
        )
    timed = all(row.latency_ms is not None for row in rows)
    name = (progress.get("front_cost") or {}).get("name", "")
    traded = _TRADED["" if name == "latency" and not timed else name]
    rows.sort(key=lambda row: (traded.cost(row), row.flops, row.parameters, row.number))
    places = offers([row.value for row in rows])
    members = (
        row._replace(cost=traded.words(row), offers=place) for row, place in zip(rows, places, strict=True)
    )
    return Front(tuple(members), traded.title, timed)


class _Traded(NamedTuple):
    """What a front trades: its title, what a member has of it, and that in words."""

    title: str
    cost: Callable[[FrontMember], float]
    words: Callable[[FrontMember], str]


_TRADED = {
    "": _Traded("Multiply-adds", lambda row: row.flops, lambda row: count(row.flops)),
    "parameters": _Traded("Parameters", lambda row: row.parameters, lambda row: count(row.parameters)),
    "latency": _Traded("Latency", lambda row: row.latency_ms or 0.0, lambda row: f"{row.latency_ms:.3g} ms"),
}


def offers(values: Sequence[float]) -> list[int]:
    """Of values in order of cost, for each the place of the best that costs at most as much; of equals the
    cheapest."""
    found: list[int] = []
    for place, value in enumerate(values):
        found.append(place if not found or value > values[found[-1]] else found[-1])
    return found
