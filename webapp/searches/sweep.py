"""The sweep: whatever was left behind by a death or a lost bell is found in the rows, every few seconds."""

from __future__ import annotations

import datetime
import logging

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from webapp.datasets.services.take_back import take_back_preparations
from webapp.exports.services.take_back import take_back_exports
from webapp.judging.services.take_back import take_back_judgements
from webapp.searches import bells, states
from webapp.searches.capacity import free_slots
from webapp.searches.clock import active_now
from webapp.searches.disk import guard_disk
from webapp.searches.events import note
from webapp.searches.losses import give_up
from webapp.searches.models import Evaluation, SearchRun, Worker
from webapp.searches.services.start_control import controls_to_start, start_control
from webapp.searches.services.start_drafts import start_drafts
from webapp.searches.states import EvaluationState
from webapp.searches.steps import step_run, wanting_step
from webapp.searches.tidy import tidy

log = logging.getLogger(__name__)

SWEEP_LOCK = 7_301_002
"""Advisory lock: of two stewards one sweeps."""

OLD_SECONDS = 3.0
"""A finished result that nobody stepped for this long had its bell lost."""

# The one that ran counts as lost unless it checkpointed something new in that attempt; the untouched go back
# unharmed.
_EXPIRED = """
UPDATE searches_evaluation AS e
SET state = 'waiting', lease_owner = '', lease_until = NULL, started = NULL,
    trouble = CASE WHEN e.started IS NULL THEN e.trouble ELSE 'contact with its worker was lost' END,
    alone = e.alone OR e.started IS NOT NULL,
    lost = CASE WHEN e.started IS NULL OR e.checkpoint_attempt = e.attempt THEN e.lost ELSE e.lost + 1 END
FROM (
    SELECT id, started IS NOT NULL AS ran, lease_owner AS owner FROM searches_evaluation
    WHERE state = 'leased' AND lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED
) AS expired
WHERE e.id = expired.id
RETURNING e.run_id, e.number, e.subjects, e.attempt, expired.ran, expired.owner
"""


def sweep() -> bool:
    """One round; False when another steward is sweeping.

    Runs that want a step are stepped here, not rung for: so a search goes on even while Redis is away.
    """
    if not _locked():
        return False
    try:
        _sweep()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SWEEP_LOCK])
    return True


def _locked() -> bool:
    """Held by this connection until it unlocks or dies; the parts below are transactions of their own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SWEEP_LOCK])
        return bool(cursor.fetchone()[0])


def _sweep() -> None:
    _take_back_expired()
    _note_lost_workers()
    give_up()
    take_back_preparations()
    take_back_exports()
    take_back_judgements()
    start_drafts()
    for control in controls_to_start():
        start_control(control)
    guard_disk()
    for run_id in _left_behind():
        step_run(run_id)
    _ring_for_work()
    tidy()


def _take_back_expired() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED)
        expired = cursor.fetchall()
    for run_id, number, subjects, attempt, ran, owner in expired:
        if ran:
            worker = owner.rpartition("/")[0]
            reason = f"contact with its worker {worker} was lost"
            note(run_id, "lost", {"job": number, "subjects": subjects, "attempt": attempt, "reason": reason})


def _note_lost_workers() -> None:
    silent = Now() - datetime.timedelta(seconds=settings.LEASE_SECONDS)
    for worker in Worker.objects.filter(gone=None, stopped=None, last_seen__lt=silent):
        Worker.objects.filter(pk=worker.pk).update(gone=Now())
        log.warning("lost contact with %s", worker.name)


def _left_behind() -> list[int]:
    """Runs whose bell was lost, or whose time is up."""
    found = set(wanting_step(quiet=OLD_SECONDS))
    running = SearchRun.objects.filter(state__in=states.STEPPED)
    timed = running.filter(budget_seconds__isnull=False, closing=False).annotate(active=active_now())
    found.update(
        pk for pk, budget, active in timed.values_list("pk", "budget_seconds", "active") if active >= budget
    )
    return sorted(found)


def _ring_for_work() -> None:
    waiting = Evaluation.objects.filter(state=EvaluationState.WAITING, run__state__in=states.WORKED)
    count = waiting[:64].count()
    if count:
        bells.ring_work(min(count, free_slots()))
