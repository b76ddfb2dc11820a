"""Findings of evaluations in work: from the training process to the row, and out of it again."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from searchengine.core.jsontext import Json, loads
from searchengine.jobs.messages import Progress
from searchengine.testing import rehearsal
from tests.waits import wait_until
from tests.web.searches.test_steps import drive, history
from tests.web.searches.worker_stand_in import finish
from webapp.searches.live import reads
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.pages.found import found_rows, found_stamp
from webapp.searches.pages.history import run_history
from webapp.searches.services.kill import kill
from webapp.searches.states import EvaluationState
from webapp.searches.steps import step_run
from webapp.searches.supervisor import evaluate, lease
from webapp.searches.supervisor.claim import Claimed, claim
from webapp.searches.supervisor.presence import Presence
from webapp.searches.supervisor.slot import Slot

pytestmark = pytest.mark.django_db(transaction=True)
Launched = Callable[..., SearchRun]
FOUND = Progress(30, 60, {"loss": 0.5}, {"gates": [0.25]})


@pytest.fixture
def held(launched: Launched) -> tuple[SearchRun, Claimed, Presence]:
    """A run of one evaluation at a time, its first one started."""
    run = launched(evaluations=4, finalists=0, window=1)
    step_run(run.pk)
    presence = Presence("slot-1@here")
    (claimed,) = claim(presence, 0)
    assert lease.start(claimed, presence.owner)
    return run, claimed, presence


def row_of(claimed: Claimed) -> Evaluation:
    return Evaluation.objects.get(pk=claimed.pk)


def begin_again(claimed: Claimed, presence: Presence) -> Evaluation:
    """The lease is given back and the evaluation starts anew; its row."""
    lease.give_back([claimed.pk], presence.owner)
    (again,) = claim(presence, 0)
    assert lease.start(again, presence.owner)
    return row_of(again)


def test_a_slot_writes_what_a_training_has_found_and_tells_open_pages(
    launched: Launched, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RENEW_SECONDS = 0.1
    told: list[Json] = []
    monkeypatch.setattr(evaluate, "publish_progress", lambda run_id, progress: told.append(progress))
    run = launched(evaluations=1, finalists=0, seconds=60.0, steps=600)
    step_run(run.pk)
    slot, leaving = Slot(Presence("slot-1@here")), threading.Event()
    slot.leaving = leaving
    slot.process()
    worker = threading.Thread(target=lambda: (slot.work(), connection.close()))
    worker.start()
    try:
        first = wait_until(lambda: found_rows(run), 60, "findings in the row")[0]
        later = wait_until(
            lambda: [row for row in found_rows(run) if row.step > first.step], 30, "newer findings"
        )[0]
    finally:
        kill(run_id=run.pk, actor=None)
        worker.join(20)
        slot.close()
    assert (first.job, first.kind, first.births, first.of) == (0, "probe", (0,), 600)
    assert first.findings == {"reached": first.step}
    assert later.findings == {"reached": later.step}
    heard = [one["found"] for one in told]
    assert heard[0] is None, "nothing stood in the row before"
    assert first.step in heard
    assert not any("reached" in str(one) for one in told), "findings are read from rows, not from bells"
    row = Evaluation.objects.get(run=run, number=0)
    assert (row.state, row.found, row.found_step) == (EvaluationState.CANCELLED, None, None)


def test_findings_so_far_live_in_the_row_until_the_result_is_told(
    held: tuple[SearchRun, Claimed, Presence],
) -> None:
    run, claimed, presence = held
    assert found_stamp(run) == ()
    assert lease.write_progress(claimed, presence.owner, FOUND, [], FOUND)
    assert found_stamp(run) == ((0, 30),)
    assert reads.running(run.pk)[0]["found"] == 30
    # A report that has nothing new of them leaves them as they are.
    assert lease.write_progress(claimed, presence.owner, Progress(31, 60, {"loss": 0.4}), [])
    row = row_of(claimed)
    assert (row.progress_step, row.found_step, loads(row.found or "")) == (31, 30, FOUND.findings)
    lease.give_back([claimed.pk], presence.owner)
    finish(run, rehearsal.hashed, [0])
    assert found_stamp(run) == ((0, 30),), "until its turn has come, nothing newer may be shown"
    step_run(run.pk)
    row = row_of(claimed)
    assert (row.state, row.found, row.found_step) == (EvaluationState.TOLD, None, None)
    assert found_stamp(run) == ()


def test_who_lost_the_lease_writes_no_findings(held: tuple[SearchRun, Claimed, Presence]) -> None:
    _, claimed, presence = held
    lease.give_back([claimed.pk], presence.owner)
    assert not lease.write_progress(claimed, presence.owner, FOUND, [], FOUND)
    assert row_of(claimed).found is None


def test_what_was_found_before_the_checkpoint_survives_a_new_start(
    held: tuple[SearchRun, Claimed, Presence],
) -> None:
    run, claimed, presence = held
    lease.write_progress(claimed, presence.owner, FOUND, [], FOUND)
    lease.write_checkpoint(claimed, presence.owner, 40, [])
    row = begin_again(claimed, presence)
    assert (row.attempt, row.found_step, loads(row.found or "")) == (2, 30, FOUND.findings)
    assert found_rows(run)[0].step == 30


@pytest.mark.parametrize("checkpoint", [None, 20])
def test_what_was_found_after_the_checkpoint_is_found_again(
    held: tuple[SearchRun, Claimed, Presence], checkpoint: int | None
) -> None:
    run, claimed, presence = held
    lease.write_progress(claimed, presence.owner, FOUND, [], FOUND)
    if checkpoint is not None:
        lease.write_checkpoint(claimed, presence.owner, checkpoint, [])
    assert found_rows(run), "between the two attempts the page shows what there is"
    row = begin_again(claimed, presence)
    assert (row.found, row.found_step) == (None, None)


def test_history_does_not_know_of_findings_so_far(launched: Launched) -> None:
    """The same search with and without them: the same births, and a history that differs in nothing else."""
    plain, telling = (launched(evaluations=12, finalists=0, window=2, seed=4) for _ in range(2))
    drive(plain, rehearsal.hashed)
    step_run(telling.pk)
    before = run_history(telling)
    Evaluation.objects.filter(run=telling, number=0).update(
        found='{"gates":[0.25]}', found_step=30, progress_of=60
    )
    after = run_history(telling)
    assert [row.findings for row in after.so_far] == [{"gates": [0.25]}]
    assert after._replace(so_far=()) == before
    drive(telling, rehearsal.hashed)
    assert history(telling) == history(plain)
    plain.refresh_from_db()
    telling.refresh_from_db()
    assert telling.engine.state == plain.engine.state
    assert run_history(telling).so_far == ()
