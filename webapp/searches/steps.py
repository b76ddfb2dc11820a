"""Stepping a run: results in, births and jobs out, under the run's lock, by any steward."""

from __future__ import annotations

import logging
import traceback
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction

from searchengine import driver
from searchengine.core.errors import InvalidResult
from searchengine.core.jobs import Result
from searchengine.core.jsontext import loads
from searchengine.driver.check import check_result
from webapp.searches import states
from webapp.searches.archive import RowsArchive
from webapp.searches.capacity import ring_free_slots
from webapp.searches.clock import active_now
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.services.break_run import break_run, take_back
from webapp.searches.states import EvaluationState
from webapp.searches.step_rows import StepWriter

log = logging.getLogger(__name__)

MOST_TOLD = 64
"""Results told in one step, so that its transaction stays short; more are told in the next one."""


class StepBroken(Exception):
    """A step raised: a bug of a method or of ours. Nothing of the step is kept."""


class Ready(NamedTuple):
    """A finished evaluation whose turn has come."""

    pk: int
    number: int
    result: Result
    seconds: float


def step_run(run_id: int) -> int:
    """Step a run until there is nothing more to tell; returns how many steps were taken.

    Whoever finds the run locked leaves it to the one that holds it: after each release that one looks
    again, so a bell that came while the lock was held is not lost.
    """
    taken = 0
    while True:
        try:
            stepped = _step_once(run_id)
        except StepBroken as bug:
            log.exception("run %s is broken", run_id)
            break_run(run_id, "a step of the search failed; this is a bug, not your run's fault", str(bug))
            return taken
        taken += stepped
        if not stepped or not wanting_step(run_id):
            return taken


def _step_once(run_id: int) -> bool:
    """One step in one transaction. False when the run is locked, at rest, or has nothing to be told."""
    with transaction.atomic():
        run = (
            SearchRun.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("engine")
            .annotate(active=active_now())
            .filter(pk=run_id, state__in=states.STEPPED)
            .first()
        )
        if run is None:
            return False
        _close_when_out_of_time(run)
        ready = _ready(run)
        if ready is None:
            return True
        if not ready and not _may_ask(run):
            return False
        _take(run, ready)
        return True


def _take(run: SearchRun, ready: list[Ready]) -> None:
    try:
        plan = driver.Plan.from_json(loads(run.plan))
        results = {found.number: found.result for found in ready}
        subjects = {subject for result in results.values() for subject in result.scores}
        step = driver.step(plan, run.engine.state, results, RowsArchive(run, subjects), closing=run.closing)
        runnable = StepWriter(run, step, ready).write()
    except (OperationalError, InterfaceError):
        raise  # the database went away: the step is taken again when it is back
    except Exception as bug:
        raise StepBroken("".join(traceback.format_exception(bug))) from bug
    ring_free_slots(runnable)


def _may_ask(run: SearchRun) -> bool:
    """Whether a step without results would do something: the first one, or one that closes the search."""
    return run.engine.version == 0 or (run.closing and not run.engine.closed)


def _ready(run: SearchRun) -> list[Ready] | None:
    """Finished evaluations whose turn has come, in order. None when one of them cannot be told: the run is
    broken."""
    found: list[Ready] = []
    heads = Evaluation.objects.filter(run=run, number__gte=run.engine.told).order_by("number")
    columns = ("pk", "number", "state", "reuse_of", "result", "seconds", "subjects")
    for pk, number, state, reuse_of, text, seconds, subjects in heads.values_list(*columns)[: MOST_TOLD * 2]:
        if state != EvaluationState.FINISHED or len(found) == MOST_TOLD:
            break
        if reuse_of is not None:
            continue
        try:
            result = Result.from_json(loads(text))
            check_result(result, number, tuple(subjects))
        except (InvalidResult, ValueError, KeyError, TypeError) as wrong:
            if found:
                break  # tell those before it first
            take_back(pk, str(wrong))
            break_run(
                run.pk, f"the result of job {number} cannot be told", f"{type(wrong).__name__}: {wrong}"
            )
            return None
        found.append(Ready(pk, number, result, seconds))
    return found


def _close_when_out_of_time(run: SearchRun) -> None:
    if run.budget_seconds is None or run.closing or run.active_since is None:
        return
    if run.active >= run.budget_seconds:  # type: ignore[attr-defined]  # annotated by _step_once
        run.closing = True
        SearchRun.objects.filter(pk=run.pk).update(closing=True)


STEPPED = sorted(state.value for state in states.STEPPED)

WANTING = """
SELECT r.id FROM searches_searchrun AS r JOIN searches_runstate AS s ON s.run_id = r.id
WHERE r.state = ANY(%(states)s) AND (%(run)s::bigint IS NULL OR r.id = %(run)s)
    AND (r.stepped IS NULL OR r.stepped < clock_timestamp() - %(quiet)s * interval '1 second')
    AND (s.version = 0 OR (r.closing AND NOT s.closed) OR EXISTS (
        SELECT 1 FROM searches_evaluation AS e
        WHERE e.run_id = r.id AND e.number = s.told AND e.state = 'finished'
    ))
ORDER BY r.id
"""


def wanting_step(run_id: int | None = None, quiet: float = 0.0) -> list[int]:
    """Runs (all, or the one) that a step would change, and that none was taken of for ``quiet`` seconds:
    never stepped, to be closed, or their next job is finished. Looked at without their locks; one query."""
    with connection.cursor() as cursor:
        cursor.execute(WANTING, {"states": STEPPED, "run": run_id, "quiet": quiet})
        return [pk for (pk,) in cursor.fetchall()]
