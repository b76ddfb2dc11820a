"""The list of runs: what each found so far, as a row can show it."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, Max, Q, RowRange, Window
from django.db.models.functions import RowNumber
from django.utils.safestring import SafeString

from searchengine.report.series import Curve
from webapp.accounts.permissions import Person, visible
from webapp.plots.line_drawing import Line, best_label, line_drawing
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.pages.methods import method_title
from webapp.searches.pages.state_words import StateWords, state_words
from webapp.searches.states import EvaluationState

PAGE = 20


class RunRow(NamedTuple):
    """A run in the list; ``control`` is the control launched beside it, if any."""

    run: SearchRun
    method: str
    state: StateWords
    spark: SafeString
    control: SearchRun | None


class RunList(NamedTuple):
    """A page of runs, newest first; ``older`` is the id to go on below, None at the end."""

    rows: tuple[RunRow, ...]
    older: int | None


def run_list(user: Person, now: datetime, below: int | None = None) -> RunList:
    """Runs of the person's teams, controls folded into theirs; five queries."""
    runs = visible(SearchRun.objects.all(), user).filter(control_of__isnull=True)
    if below is not None:
        runs = runs.filter(id__lt=below)
    chosen = list(runs.select_related("dataset", "created_by", "team").order_by("-id")[: PAGE + 1])
    shown = chosen[:PAGE]
    controls = {
        run.control_of_id: run for run in SearchRun.objects.filter(control_of__in=shown).order_by("-id")
    }
    curves = best_curves([run.pk for run in (*shown, *controls.values())])
    working = _working([run.pk for run in shown])
    rows = []
    for run in shown:
        control = controls.get(run.pk)
        best = curves[run.pk]
        beside = curves[control.pk] if control else None
        lines = [Line(beside, "control", steps=True)] if beside else []
        spark = line_drawing([*lines, Line(best, "run", steps=True)], label=best_label(best, beside))
        rows.append(
            RunRow(
                run, method_title(run.method), state_words(run, now, working.get(run.pk, 0)), spark, control
            )
        )
    return RunList(tuple(rows), shown[-1].pk if len(chosen) > PAGE else None)


def best_curves(runs: list[int]) -> dict[int, Curve]:
    """Best so far of each run over results told; one query, which returns the improvements alone."""
    order = [F("told_at_job").asc(), F("number").asc()]
    before = Window(Max("fitness"), partition_by=F("run_id"), order_by=order, frame=RowRange(end=-1))
    place = Window(RowNumber(), partition_by=F("run_id"), order_by=order)
    rises = (
        Genome.objects.filter(run__in=runs, told_at_job__isnull=False)
        .annotate(before=before, place=place)
        .filter(Q(before__isnull=True) | Q(fitness__gt=F("before")), fitness__isnull=False)
        .order_by("told_at_job")
        .values_list("run_id", "place", "fitness")
    )
    points: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for run, at, fitness in rises:
        if fitness is not None:
            points[run].append((float(at), fitness))
    done = dict(SearchRun.objects.filter(pk__in=runs).values_list("pk", "evaluations_done"))
    curves: dict[int, Curve] = {}
    for run in runs:
        found = points[run]
        if found and done.get(run, 0) > found[-1][0]:
            found.append((float(done[run]), found[-1][1]))
        curves[run] = Curve("best so far", tuple(x for x, _ in found), tuple(y for _, y in found))
    return curves


def _working(runs: list[int]) -> dict[int, int]:
    rows = (
        Evaluation.objects.filter(run__in=runs, state=EvaluationState.LEASED, started__isnull=False)
        .values("run_id")
        .annotate(count=Count("id"))
        .values_list("run_id", "count")
    )
    return dict(rows)
