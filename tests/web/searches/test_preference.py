"""Of jobs that are alike to everybody, those come first that read what the slot's process has loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from searchengine.core.jsontext import dumps, loads
from webapp.searches.engine_rows import evaluation_row
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.states import EvaluationState
from webapp.searches.steps import step_run
from webapp.searches.supervisor.claim import claim
from webapp.searches.supervisor.presence import Presence
from webapp.searches.supervisor.slot import Slot

pytestmark = pytest.mark.django_db(transaction=True)
Launched = Callable[..., SearchRun]
FIRST, SECOND = "a" * 64, "b" * 64
"""Two artifacts, by their sha256."""


def reads(evaluation: Evaluation, sha256: str) -> None:
    """Have its job read that artifact."""
    evaluation.job = dumps({**loads(evaluation.job), "inputs": {"weights": sha256}})
    evaluation.inputs = [sha256]
    evaluation.save(update_fields=["job", "inputs"])


def waiting(run: SearchRun, *inputs: str) -> list[Evaluation]:
    """Its waiting evaluations, which read these artifacts in turn."""
    step_run(run.pk)
    found = list(Evaluation.objects.filter(run=run).order_by("number"))
    for evaluation, sha256 in zip(found, inputs, strict=True):
        reads(evaluation, sha256)
    return found


def test_a_row_names_what_its_job_reads(launched: Launched) -> None:
    run = launched(evaluations=4, window=2, finalists=0)
    step_run(run.pk)
    evaluation = Evaluation.objects.filter(run=run).first()
    assert evaluation is not None
    job = replace(evaluation.engine_job(), inputs={"supernet": SECOND, "table": FIRST, "again": FIRST})
    assert evaluation_row(run, job, dict.fromkeys(job.subjects, "key")).inputs == [FIRST, SECOND]


def test_what_is_loaded_decides_between_runs_that_are_alike(launched: Launched) -> None:
    older, newer = (launched(evaluations=4, window=2, finalists=0) for _ in range(2))
    waiting(older, FIRST, FIRST)
    waiting(newer, SECOND, SECOND)
    (one,) = claim(Presence("slot-1@here"), 0, loaded=[SECOND])
    assert one.run_id == newer.pk
    (other,) = claim(Presence("slot-2@here"), 0, loaded=[SECOND])
    assert other.run_id == older.pk, "a run with nothing in work goes before one with something"
    (third,) = claim(Presence("slot-3@here"), 0, loaded=["c" * 64])
    assert third.run_id == older.pk, "with neither loaded the older run goes first"


def test_priority_goes_before_what_is_loaded(launched: Launched) -> None:
    plain, urgent = (launched(evaluations=4, window=2, finalists=0) for _ in range(2))
    waiting(plain, FIRST, FIRST)
    waiting(urgent, SECOND, SECOND)
    SearchRun.objects.filter(pk=urgent.pk).update(priority=1)
    (one,) = claim(Presence("slot-1@here"), 0, loaded=[FIRST])
    assert one.run_id == urgent.pk


def test_a_group_takes_what_is_loaded_first(launched: Launched) -> None:
    run = launched(evaluations=4, window=4, finalists=0)
    found = waiting(run, FIRST, SECOND, FIRST, SECOND)
    first, *_ = group = claim(Presence("slot-1@here"), 0, pace={run.pk: 0.01}, loaded=[SECOND])
    assert {claimed.number for claimed in group} >= {1, 3}
    assert first.number == min(claimed.number for claimed in group)
    assert len(found) == 4


def test_a_slot_goes_on_with_what_it_has_loaded(launched: Launched) -> None:
    """The older run's job 0 reads what all of the newer run reads, so those come before its job 1."""
    slot = Slot(Presence("slot-1@here"))
    try:
        older, newer = (launched(evaluations=2, window=2, finalists=0) for _ in range(2))
        waiting(older, SECOND, FIRST)
        waiting(newer, SECOND, SECOND)
        assert slot.work() == 4
    finally:
        slot.close()
    ran = Evaluation.objects.filter(run__in=[older, newer]).order_by("started")
    assert {one.state for one in ran} == {EvaluationState.FINISHED}
    assert [(one.run_id, one.number) for one in ran] == [
        (older.pk, 0), (newer.pk, 0), (newer.pk, 1), (older.pk, 1),
    ]  # fmt: skip
