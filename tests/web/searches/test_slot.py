"""A slot with a real training process: claims, results, faults, orders."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection

from searchengine.jobs.process import TrainingProcess
from webapp.searches.models import Evaluation, Event, Genome, SearchRun, Worker
from webapp.searches.services.kill import kill
from webapp.searches.states import EvaluationState, State
from webapp.searches.steps import step_run
from webapp.searches.supervisor import lease
from webapp.searches.supervisor.claim import claim
from webapp.searches.supervisor.presence import Presence
from webapp.searches.supervisor.slot import Slot

pytestmark = pytest.mark.django_db(transaction=True)
Launched = Callable[..., SearchRun]


@pytest.fixture
def slot(probes: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slot]:
    made = Slot(Presence("slot-1@here"))
    yield made
    made.close()


def work_to_the_end(run: SearchRun, slot: Slot) -> None:
    step_run(run.pk)
    for _ in range(1000):
        slot.work()
        step_run(run.pk)
        run.refresh_from_db()
        if run.ended or run.state == State.BROKEN:
            return
    raise AssertionError("the run never ended")


def test_a_run_goes_from_launch_to_finished(launched: Launched, slot: Slot) -> None:
    run = launched(evaluations=40, finalists=0)
    work_to_the_end(run, slot)
    assert run.state == State.FINISHED
    assert run.evaluations_done == 40
    assert Evaluation.objects.filter(run=run, state=EvaluationState.TOLD, attempt=1).count() == 40
    assert run.best_fitness == max(Genome.objects.filter(run=run).values_list("fitness", flat=True))


def test_a_death_while_torch_is_loaded_costs_no_attempt(launched: Launched, slot: Slot) -> None:
    run = launched(evaluations=4, finalists=0)
    killed: set[int] = set()
    ended = threading.Event()

    def kill_the_first_three() -> None:
        while len(killed) < 3 and not ended.wait(0.005):
            process = slot._process
            if process is not None and process.about is None and process.pid not in killed:
                killed.add(process.pid)
                os.kill(process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_the_first_three, daemon=True)
    killer.start()
    work_to_the_end(run, slot)
    ended.set()
    killer.join(5)
    assert len(killed) == 3
    assert run.state == State.FINISHED
    assert set(Evaluation.objects.filter(run=run).values_list("attempt", "lost")) == {(1, 0)}


def test_a_nan_genome_fails_and_the_search_goes_on(launched: Launched, slot: Slot) -> None:
    run = launched(evaluations=10, finalists=0, fault="nan", fault_every=3)
    work_to_the_end(run, slot)
    assert run.state == State.FINISHED
    failed = Genome.objects.filter(run=run, failure_code="nan").values_list("number", flat=True)
    assert sorted(failed) == [0, 3, 6, 9]
    assert not Genome.objects.filter(run=run, failure_code="nan", fitness__isnull=False).exists()


def test_a_bug_breaks_the_run_with_its_trace_and_resumes(launched: Launched, slot: Slot) -> None:
    run = launched(evaluations=10, finalists=0, fault="bug", fault_every=4)
    work_to_the_end(run, slot)
    assert run.state == State.BROKEN
    assert "ZeroDivisionError" in run.error
    assert Evaluation.objects.get(run=run, number=0).state == EvaluationState.WAITING


def test_a_genome_that_kills_its_process_ends_after_five_losses(launched: Launched, slot: Slot) -> None:
    run = launched(evaluations=4, finalists=0, fault="suicide", fault_every=100)
    work_to_the_end(run, slot)
    assert run.state == State.FINISHED
    poisoned = Evaluation.objects.get(run=run, number=0)
    assert (poisoned.lost, poisoned.attempt) == (5, 5)
    assert Genome.objects.get(run=run, number=0).failure_code == "lost"
    assert Event.objects.filter(run=run, kind="lost").count() == 5
    assert Evaluation.objects.filter(run=run, attempt=1).count() == 3


def test_a_genome_that_eats_memory_fails_and_harms_nobody(
    launched: Launched, slot: Slot, settings: pytest.FixtureRequest
) -> None:
    settings.TRAINING_MEMORY_BYTES = 1 << 30
    run = launched(evaluations=3, finalists=0, fault="memory", fault_every=100)
    work_to_the_end(run, slot)
    assert run.state == State.FINISHED
    assert Genome.objects.get(run=run, number=0).failure_code == "out_of_memory"
    assert Genome.objects.filter(run=run, fitness__isnull=False).count() == 2


def test_a_genome_that_hangs_is_ended_alone_and_fails(
    launched: Launched, slot: Slot, settings: pytest.FixtureRequest
) -> None:
    settings.STALL_SECONDS = 2.0
    run = launched(evaluations=3, finalists=0, fault="hang", fault_every=100)
    work_to_the_end(run, slot)
    assert run.state == State.FINISHED
    hung = Genome.objects.get(run=run, number=0)
    assert hung.failure_code == "over_deadline"
    assert Evaluation.objects.get(run=run, number=0).attempt == 2


def test_a_stale_token_writes_nothing(launched: Launched) -> None:
    run = launched(evaluations=4, finalists=0)
    step_run(run.pk)
    first, second = Presence("slot-1@here"), Presence("slot-1@there")
    (held, *_) = claim(first, 0)
    assert lease.start(held, first.owner)
    Evaluation.objects.filter(pk=held.pk).update(state=EvaluationState.WAITING, lease_owner="")
    (again, *_) = claim(second, 0)
    assert again.pk == held.pk
    assert lease.start(again, second.owner)
    result = lease.failure_result(held, lease.Failure("bad_genome", "nan", "late"), 1.0)
    assert lease.finish([lease.Outcome(held, result, [], 0)], first.owner) == set()
    row = Evaluation.objects.get(pk=held.pk)
    assert (row.state, row.token, row.result) == (EvaluationState.LEASED, 2, "")


def test_no_evaluation_is_claimed_twice(launched: Launched) -> None:
    run = launched(evaluations=40, finalists=0, window=32)
    step_run(run.pk)
    seen: list[int] = []
    start = threading.Barrier(4)

    def take(name: str) -> None:
        presence = Presence(name)
        start.wait()
        while group := claim(presence, 0):
            seen.extend(claimed.pk for claimed in group)
        connection.close()

    threads = [threading.Thread(target=take, args=(f"slot-{n}@here",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 32


def test_kill_ends_the_training_process_in_time_and_accepts_nothing_after(
    launched: Launched, slot: Slot
) -> None:
    run = launched(evaluations=4, finalists=0, seconds=60.0, steps=600)
    step_run(run.pk)
    slot.process()
    worker = threading.Thread(target=lambda: (slot.work(), connection.close()))
    worker.start()
    while not Evaluation.objects.filter(
        run=run, started__isnull=False, state=EvaluationState.LEASED
    ).exists():
        worker.join(0.05)
    kill(run_id=run.pk, actor=None)
    worker.join(settings.KILL_SECONDS)
    assert not worker.is_alive()
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert not Evaluation.objects.filter(run=run).exclude(state=EvaluationState.CANCELLED).exists()
    assert isinstance(slot.process(), TrainingProcess)


def test_a_slot_is_seen(probes: None) -> None:
    presence = Presence("slot-9@here")
    assert Worker.objects.get(pk=presence.worker_id).slots == 1
