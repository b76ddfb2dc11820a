"""What the run page's chart holds, in columns."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.core.jsontext import Json, loads
from searchengine.report.curves import best_so_far, birth_phrase, population_band
from searchengine.report.history import BirthRow, DeathRow, EntryRow, RunHistory, ScoreRow, history
from searchengine.report.series import Curve
from webapp.searches.models import Genome, SearchRun
from webapp.searches.pages.home import best_curves

MOST_NEW = 2_000
"""Points sent in one answer; a page that misses more asks again."""

MOST_UNTOLD = 256


class Chart(NamedTuple):
    """``points`` are the results told after a job, oldest first; ``untold`` says how births came to be (by
    number) whose results are to come; the curves are whole. ``more`` says that further points wait."""

    points: Json
    untold: Json
    best: Json
    band: Json
    control: Json | None
    more: bool


def chart(run: SearchRun, control: SearchRun | None, after: int, small: RunHistory) -> Chart:
    """The chart's columns; two queries, three with a control. ``after`` is the last job number the page has,
    -1 for none; ``small`` is the run's ``skeleton``."""
    rows = list(
        Genome.objects.filter(run=run, told_at_job__isnull=False, told_at_job__gt=after)
        .order_by("told_at_job", "number")
        .values_list(
            "told_at_job", "number", "fitness", "failure_code", "operator", "parent_numbers", "changes"
        )[: MOST_NEW + 1]
    )
    more = len(rows) > MOST_NEW
    if more:
        # A job may have scored several births; cut before the last job so that none of them is missed.
        last = rows[-1][0] or 0
        rows = [row for row in rows if row[0] is not None and row[0] < last]
    band = population_band(small)
    beside = best_curves([control.pk])[control.pk] if control else None
    return Chart(
        points={
            "place": [row[0] for row in rows],
            "number": [row[1] for row in rows],
            "fitness": [row[2] for row in rows],
            "failed": [bool(row[3]) for row in rows],
            "text": [_phrase(row[1], row[3], row[4], row[5], row[6]) for row in rows],
        },
        untold=_untold(run),
        best=_columns(best_so_far(small)),
        band={"x": band.x, "low": band.low, "mean": band.mean, "high": band.high},
        control=_columns(beside) if beside else None,
        more=more,
    )


def skeleton(run: SearchRun) -> RunHistory:
    """Who was told, entered and left, without genomes and changes: enough for curves and the strip. One
    query."""
    rows = (
        Genome.objects.filter(run=run)
        .order_by("number")
        .values_list(
            "number", "operator", "fitness", "told_at_job", "entered_at_job", "left_at_job", "left_reason"
        )
    )
    births, scores, entered, deaths = [], [], [], []
    for number, operator, fitness, told, came, left, reason in rows:
        births.append(BirthRow(number, operator=operator))
        if told is not None:
            scores.append(ScoreRow(number, told, told, fitness))
        if came is not None:
            entered.append(EntryRow(number, came))
        if left is not None:
            deaths.append(DeathRow(number, left, reason))
    return history(births=births, scores=scores, entered=entered, deaths=deaths, name=run.name)


def _untold(run: SearchRun) -> Json:
    rows = Genome.objects.filter(run=run, told_at_job__isnull=True).order_by("-number")
    columns = rows.values_list("number", "operator", "parent_numbers", "changes")[:MOST_UNTOLD]
    return {str(number): _phrase(number, "", *words) for number, *words in columns}


def _columns(curve: Curve) -> Json:
    return {"x": curve.x, "y": curve.y}


def _phrase(number: int, failure: str, operator: str, parents: str, changes: str) -> str:
    steps = [change["text"] for change in loads(changes)]
    words = birth_phrase(number, tuple(loads(parents)), steps[:4], operator)
    if len(steps) > 4:
        words += f" and {len(steps) - 4} more"
    return f"{words} ({failure})" if failure else words
