"""The sweep finds what deaths and lost bells leave behind."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.db import connection, connections
from django.db.models.functions import Now

from searchengine.testing import rehearsal
from tests.web.searches.worker_stand_in import finish
from webapp.searches import disk
from webapp.searches.models import Evaluation, Event, SearchRun, Worker
from webapp.searches.states import EvaluationState, State
from webapp.searches.steps import step_run
from webapp.searches.supervisor import lease
from webapp.searches.supervisor.claim import claim
from webapp.searches.supervisor.presence import Presence
from webapp.searches.sweep import SWEEP_LOCK, sweep

pytestmark = pytest.mark.django_db(transaction=True)
Launched = Callable[..., SearchRun]
AGO = datetime.timedelta(minutes=1)


def expire() -> None:
    Evaluation.objects.filter(state=EvaluationState.LEASED).update(lease_until=Now() - AGO)


def test_of_an_expired_group_only_the_one_that_ran_counts_as_lost(launched: Launched) -> None:
    run = launched(window=8)
    step_run(run.pk)
    presence = Presence("slot-1@here")
    group = claim(presence, 0, {run.pk: 0.01})
    assert len(group) > 1
    lease.start(group[0], presence.owner)
    expire()
    sweep()
    rows = Evaluation.objects.filter(pk__in=[claimed.pk for claimed in group]).order_by("number")
    assert [row.state for row in rows] == [EvaluationState.WAITING] * len(group)
    assert [(row.lost, row.alone) for row in rows] == [(1, True)] + [(0, False)] * (len(group) - 1)
    assert Event.objects.filter(run=run, kind="lost").count() == 1
    assert len(claim(presence, 0, {run.pk: 0.01})) == 1  # the one that was lost is claimed alone


def test_a_loss_after_a_new_checkpoint_does_not_count(launched: Launched) -> None:
    run = launched(window=1)
    step_run(run.pk)
    presence = Presence("slot-1@here")
    (held,) = claim(presence, 0)
    lease.start(held, presence.owner)
    lease.write_checkpoint(held, presence.owner, 3, [{"step": 3, "loss": 0.5}])
    expire()
    sweep()
    row = Evaluation.objects.get(pk=held.pk)
    assert (row.state, row.lost, row.attempt, row.checkpoint_step) == (EvaluationState.WAITING, 0, 1, 3)


def test_a_result_whose_bell_was_lost_is_told(launched: Launched) -> None:
    run = launched(evaluations=3, finalists=0, window=1)
    step_run(run.pk)
    finish(run, rehearsal.hashed)
    SearchRun.objects.filter(pk=run.pk).update(stepped=Now() - AGO)
    sweep()
    assert Evaluation.objects.filter(run=run, state=EvaluationState.TOLD).count() == 1


def test_a_silent_worker_is_marked_and_welcomed_back(launched: Launched) -> None:
    worker = Worker.objects.create(name="slot-1@there", last_seen=Now() - AGO)
    sweep()
    worker.refresh_from_db()
    assert worker.gone is not None


def test_of_two_stewards_one_sweeps() -> None:
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [SWEEP_LOCK])
        assert sweep() is False
        # A closed connection's lock goes only when its server process has noticed.
        cursor.execute("SELECT pg_advisory_unlock(%s)", [SWEEP_LOCK])
    other.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert sweep() is True


def test_runs_pause_when_the_disk_fills_and_go_on_when_it_does_not(
    launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launched()
    step_run(run.pk)
    monkeypatch.setattr(disk, "free_share", lambda: 0.03)
    sweep()
    run.refresh_from_db()
    assert (run.state, run.held) == (State.PAUSED, "disk")
    monkeypatch.setattr(disk, "free_share", lambda: 0.06)
    sweep()
    run.refresh_from_db()
    assert run.state == State.PAUSED  # not at once at the limit: it would flicker
    monkeypatch.setattr(disk, "free_share", lambda: 0.2)
    sweep()
    run.refresh_from_db()
    assert (run.state, run.held) == (State.RUNNING, "")
