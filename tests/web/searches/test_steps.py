"""The step over rows gives the history the driver gives in memory, whoever steps, whenever results come."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from django.db import connection

from searchengine.core.jobs import Job, Result
from searchengine.core.jsontext import loads
from searchengine.driver import Plan
from searchengine.testing import rehearsal
from tests.web.searches.worker_stand_in import finish
from webapp.searches.models import Evaluation, Event, Genome, SearchRun
from webapp.searches.states import EvaluationState, State
from webapp.searches.steps import step_run

Launched = Callable[..., SearchRun]


def drive(
    run: SearchRun, evaluator: Callable[[Job], Result], pick: Callable[[list[int]], list[int]] | None = None
) -> None:
    """Step and finish until the run has ended."""
    step_run(run.pk)
    for _ in range(10_000):
        run.refresh_from_db()
        if run.ended:
            return
        waiting = list(
            Evaluation.objects.filter(run=run, state=EvaluationState.WAITING)
            .order_by("number")
            .values_list("number", flat=True)
        )
        assert waiting, f"the run is {run.state} and nothing waits"
        finish(run, evaluator, pick(waiting) if pick else None)
        step_run(run.pk)
    raise AssertionError("the run never ended")


def history(run: SearchRun) -> list[tuple[object, ...]]:
    """Everything that must not depend on timing."""
    return list(
        Genome.objects.filter(run=run)
        .order_by("number")
        .values_list(
            "number",
            "genome",
            "key",
            "parent_numbers",
            "operator",
            "fitness",
            "score",
            "left_reason",
            "left_at_job",
        )
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["probe", "regularized_evolution"])
def test_rows_give_the_history_of_the_driver_in_memory(launched: Launched, method: str) -> None:
    values = {"space": "probe"} if method != "probe" else {}
    run = launched(method, evaluations=60, finalists=0, **values)
    drive(run, rehearsal.hashed)
    held = rehearsal.Rehearsal(Plan.from_json(loads(run.plan))).run(rehearsal.hashed)
    births = list(held.archive.births())
    rows = list(Genome.objects.filter(run=run).order_by("number"))
    assert [row.key for row in rows] == [birth.key for birth in births]
    assert [loads(row.parent_numbers) for row in rows] == [list(birth.parents) for birth in births]
    for row in rows:
        score = held.archive.score(row.number)
        assert score is not None
        assert row.fitness == score.fitness  # the same bits: both are doubles, compared exactly
    assert run.engine.state == held.state


@pytest.mark.django_db(transaction=True)
def test_history_does_not_depend_on_the_order_results_come_in(launched: Launched) -> None:
    together = launched("regularized_evolution", evaluations=50, finalists=0, space="probe")
    shuffled = launched("regularized_evolution", evaluations=50, finalists=0, space="probe")
    rng = np.random.default_rng(3)
    drive(together, rehearsal.constant)
    drive(shuffled, rehearsal.constant, lambda waiting: [int(rng.choice(waiting))])
    assert history(together) == history(shuffled)


@pytest.mark.django_db(transaction=True)
def test_events_are_numbered_without_a_gap(launched: Launched) -> None:
    run = launched(evaluations=30, finalists=0)
    drive(run, rehearsal.hashed)
    numbers = list(Event.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, run.last_seq + 1))
    assert Event.objects.filter(run=run, kind="birth").count() == run.births == 30
    assert Event.objects.filter(run=run, kind="told").count() == 30


@pytest.mark.django_db(transaction=True)
def test_two_stewards_at_once_lose_and_double_nothing(launched: Launched) -> None:
    run = launched(evaluations=120, finalists=0, window=8)
    step_run(run.pk)
    start = threading.Barrier(2)

    def steward() -> None:
        start.wait()
        for _ in range(2000):
            step_run(run.pk)
            if SearchRun.objects.get(pk=run.pk).ended:
                break
        connection.close()

    stewards = [threading.Thread(target=steward) for _ in range(2)]
    for thread in stewards:
        thread.start()
    while any(thread.is_alive() for thread in stewards):
        finish(run, rehearsal.hashed)
    run.refresh_from_db()
    assert run.state == State.FINISHED
    assert Evaluation.objects.filter(run=run, state=EvaluationState.TOLD).count() == 120
    numbers = list(Event.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, run.last_seq + 1))


@pytest.mark.django_db(transaction=True)
def test_the_same_bell_twice_changes_nothing(launched: Launched) -> None:
    run = launched(evaluations=10, finalists=0)
    step_run(run.pk)
    finish(run, rehearsal.hashed, [0])
    assert step_run(run.pk) == 1
    run.refresh_from_db()
    seq = run.last_seq
    assert step_run(run.pk) == 0
    run.refresh_from_db()
    assert run.last_seq == seq


@pytest.mark.django_db(transaction=True)
def test_a_result_that_cannot_be_told_breaks_the_run_and_waits_to_be_run_again(launched: Launched) -> None:
    run = launched(evaluations=10, finalists=0)
    step_run(run.pk)
    finish(run, rehearsal.hashed, [0])
    finish(run, lambda job: Result(job=job.number, scores={}), [1])
    step_run(run.pk)
    run.refresh_from_db()
    assert run.state == State.BROKEN
    assert "job 1" in run.error
    assert Evaluation.objects.get(run=run, number=0).state == EvaluationState.TOLD
    assert Evaluation.objects.get(run=run, number=1).state == EvaluationState.WAITING
