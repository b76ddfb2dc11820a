"""A run's rows as the report package reads them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, TextField, Value, When

from searchengine.core.jobs import Change, Failure
from searchengine.core.jsontext import Json, loads
from searchengine.report.history import (
    BirthRow,
    DeathRow,
    EntryRow,
    EventRow,
    RefusedRow,
    RunHistory,
    ScoreRow,
    WorkRow,
    history,
)
from webapp.searches.models import Evaluation, Event, Genome, Score, SearchRun
from webapp.searches.pages.found import found_rows
from webapp.searches.states import EvaluationState

SHOWN_EVENTS = ("refused", "milestone", "closing", "finished")
"""Kinds read as events; births, results and deaths come from their own rows."""


def run_history(run: SearchRun, *, genomes: bool = False) -> RunHistory:
    """The whole history of a run; five queries, rows in proportion to births. ``genomes`` brings the
    genomes along.

    Results are told in job order, so a job's number is its place.
    """
    rows = Genome.objects.filter(run=run).order_by("number")
    if not genomes:
        rows = rows.defer("genome")
    births = list(rows)
    events = list(Event.objects.filter(run=run, kind__in=SHOWN_EVENTS).order_by("seq"))
    return history(
        births=[_birth(row, genomes) for row in births],
        scores=_scores(run),
        entered=[
            EntryRow(row.number, row.entered_at_job) for row in births if row.entered_at_job is not None
        ],
        deaths=[
            DeathRow(row.number, row.left_at_job, row.left_reason)
            for row in births
            if row.left_at_job is not None
        ],
        refused=[
            RefusedRow(tuple(found["parents"]), found["reason"])
            for found in (event.payload_json for event in events if event.kind == "refused")
        ],
        events=[
            EventRow(event.seq, event.kind, event.payload_json, _since(run, event.at)) for event in events
        ],
        work=work_rows(
            run, list(Evaluation.objects.filter(run=run, started__isnull=False).only(*WORK_FIELDS))
        ),
        so_far=found_rows(run),
        plan=loads(run.plan),
        progress=run.progress_json,
        name=run.name,
    )


def cost_history(run: SearchRun) -> RunHistory:
    """Results and their costs alone, for a comparison at equal cost; metrics only of the final phase. One
    query."""
    columns = (
        "genome__number",
        "evaluation__number",
        "fitness",
        "evaluation__phase",
        "evaluation__reuse_of",
        "evaluation__predicted_cost",
        Case(When(evaluation__phase="search", then=Value("{}")), default="metrics", output_field=TextField()),
    )
    rows = Score.objects.filter(evaluation__run=run).values_list(*columns)
    scores = [
        ScoreRow(birth, job, job, fitness, loads(metrics), phase=phase, reuse_of=reuse, cost=cost)
        for birth, job, fitness, phase, reuse, cost, metrics in rows
    ]
    return history(scores=scores, plan=loads(run.plan), name=run.name)


WORK_FIELDS = (
    "number",
    "subjects",
    "state",
    "attempt",
    "trouble",
    "started",
    "finished",
    "worker",
    "slot",
    "kind",
)


def work_rows(run: SearchRun, evaluations: list[Evaluation]) -> list[WorkRow]:
    """What each slot worked on; no query where ``worker`` was selected with the rows."""
    states = {
        EvaluationState.LEASED: "running",
        EvaluationState.WAITING: "lost",
        EvaluationState.CANCELLED: "cancelled",
    }
    rows = []
    for row in evaluations:
        started = _since(run, row.started)
        if started is None:
            continue
        lane = f"{row.worker or 'worker'} · slot {(row.slot or 0) + 1}"
        state = states.get(EvaluationState(row.state), "finished")
        rows.append(
            WorkRow(
                lane,
                row.number,
                tuple(row.subjects),
                started,
                _since(run, row.finished),
                state,
                row.attempt,
                row.trouble.partition("\n")[0],
            )
        )
    return rows


def _birth(row: Genome, genomes: bool) -> BirthRow:
    return BirthRow(
        number=row.number,
        parents=tuple(loads(row.parent_numbers)),
        operator=row.operator,
        changes=tuple(Change(**change) for change in row.changes_json),
        cycle=row.cycle,
        key=row.key,
        genome=row.genome_json if genomes else None,
        parameters=row.parameters,
        flops=row.flops,
    )


def _scores(run: SearchRun) -> list[ScoreRow]:
    columns = (
        "genome__number", "evaluation__number", "fitness", "metrics", "failure_class", "failure_code",
        "failure_reason", "evaluation__phase", "evaluation__reuse_of", "evaluation__predicted_cost",
        "evaluation__seconds",
    )  # fmt: skip
    rows = (
        Score.objects.filter(evaluation__run=run).order_by("evaluation__number", "id").values_list(*columns)
    )
    found = []
    for birth, job, fitness, metrics, kind, code, reason, phase, reuse_of, cost, seconds in rows:
        failure = Failure(kind, code, reason) if kind else None
        measured: Json = loads(metrics)
        found.append(ScoreRow(birth, job, job, fitness, measured, failure, phase, reuse_of, cost, seconds))
    return found


def _since(run: SearchRun, at: datetime | None) -> float | None:
    return None if at is None or run.started is None else (at - run.started).total_seconds()
