"""What a run survives: the death of every part of the product. Its history is then the one of a run left
alone."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.live.audit import audit, history
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor
from tests.waits import wait_until

pytestmark = pytest.mark.live

LENGTH: dict[str, Any] = {"evaluations": 10, "spins": True, "seconds": 1.2, "steps": 24}
"""Ten evaluations of 1.2 s that checkpoint three times a second."""

STARTED = (
    "SELECT count(*) FROM searches_evaluation WHERE run_id = %s AND state = 'leased' AND started IS NOT NULL"
)

DETECTED = 3 + 2 * 0.6 + 2
"""Lease, two sweeps and some air, as the tests shorten them."""


@pytest.fixture(scope="module")
def stack(live_root: Path, prepared_data: Path) -> Iterator[Stack]:
    made = Stack(
        Path(tempfile.mkdtemp(dir=live_root)) / "var",
        slots=2,
        data=prepared_data,
        EVOSCOPE_METHODS_PATH=PROBES,
        EVOSCOPE_CHECKPOINT_SECONDS="0.3",
        EVOSCOPE_PAUSE_SECONDS="0.5",
    )
    try:
        yield made.start()
        made.end()
    finally:
        made.clear()


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Visitor:
    return Visitor(stack)


@pytest.fixture(scope="module")
def alone(stack: Stack, visitor: Visitor) -> list[tuple[Any, ...]]:
    """The history of a run that nothing happened to."""
    run_id = visitor.launch(**LENGTH)
    visitor.finished(run_id)
    return history(stack, run_id)


def in_work(stack: Stack, run_id: int) -> list[tuple[Any, ...]]:
    """Evaluations being trained that have checkpointed: number, attempt, lost."""
    return stack.rows(
        "SELECT number, attempt, lost FROM searches_evaluation WHERE run_id = %s AND state = 'leased' "
        "AND started IS NOT NULL AND checkpoint_attempt = attempt",
        run_id,
    )


def begun(stack: Stack, visitor: Visitor) -> int:
    """A run of which something has been told and something has checkpointed."""
    run_id = visitor.launch(**LENGTH)
    visitor.until(run_id, lambda run: run["evaluations_done"] >= 2, 60, "two evaluations to be told")
    wait_until(lambda: in_work(stack, run_id), 20, "an evaluation to checkpoint")
    return run_id


def lost_said(visitor: Visitor, run_id: int) -> bool:
    return any(
        event["kind"] == "lost"
        for event in visitor.call(f"runs/{run_id}/events/?limit=2000")[1].get("results", [])
    )


def unharmed(stack: Stack, visitor: Visitor, run_id: int, alone: list[tuple[Any, ...]]) -> None:
    visitor.finished(run_id)
    assert history(stack, run_id) == alone
    audit(stack, run_id)


def test_kill_of_a_training_process(stack: Stack, visitor: Visitor, alone: list[tuple[Any, ...]]) -> None:
    run_id = begun(stack, visitor)
    for training in stack.trainings():
        training.kill()
    wait_until(lambda: lost_said(visitor, run_id), 3, "the page to say so at once")
    unharmed(stack, visitor, run_id, alone)


def test_kill_of_a_worker(stack: Stack, visitor: Visitor, alone: list[tuple[Any, ...]]) -> None:
    run_id = begun(stack, visitor)
    trainings = stack.trainings()
    old = [stack.kill("slot-1"), stack.kill("slot-2")]
    _, still_there = psutil.wait_procs(trainings, timeout=5)
    assert still_there == []  # they die with their supervisors
    wait_until(lambda: lost_said(visitor, run_id), DETECTED, "the loss to be noticed")
    assert old[0] != stack.back("slot-1", old[0])
    unharmed(stack, visitor, run_id, alone)


@pytest.mark.parametrize("role", ["steward", "web", "redis", "postgres", "launcher"])
def test_kill_of_a_part(stack: Stack, visitor: Visitor, alone: list[tuple[Any, ...]], role: str) -> None:
    run_id = begun(stack, visitor)
    if role == "redis":
        for dump in (stack.var / "redis").glob("*.rdb"):
            dump.unlink()
    old = stack.kill(role)
    if role == "launcher":
        stack.start()
    else:
        stack.back(role, old)
    wait_until(stack.healthy, 30, "the product to answer again")
    unharmed(stack, visitor, run_id, alone)


def test_kill_of_everything(stack: Stack, visitor: Visitor, alone: list[tuple[Any, ...]]) -> None:
    run_id = begun(stack, visitor)
    stack.kill_everything()
    stack.start()
    unharmed(stack, visitor, run_id, alone)


def test_a_worker_that_sleeps_past_its_lease_writes_nothing(
    stack: Stack, visitor: Visitor, alone: list[tuple[Any, ...]]
) -> None:
    run_id = begun(stack, visitor)
    asleep = stack.pause("slot-1")
    try:
        wait_until(lambda: lost_said(visitor, run_id), DETECTED, "the silence to be noticed")
        gone = "SELECT count(*) FROM searches_worker WHERE gone IS NOT NULL"
        wait_until(lambda: stack.rows(gone)[0][0], DETECTED, "the worker to be shown as lost")
    finally:
        stack.wake(asleep)
    unharmed(stack, visitor, run_id, alone)
    wait_until(lambda: not stack.rows(gone)[0][0], 10, "the worker to be seen again")


def test_a_worker_that_is_asked_to_end_gives_back_without_a_loss(
    stack: Stack, visitor: Visitor, alone: list[tuple[Any, ...]]
) -> None:
    run_id = begun(stack, visitor)
    old = {role: stack.pid(role) for role in ("slot-1", "slot-2")}
    for pid in old.values():
        os.kill(pid, signal.SIGTERM)
    psutil.wait_procs([psutil.Process(pid) for pid in old.values() if psutil.pid_exists(pid)], timeout=10)
    assert not lost_said(visitor, run_id)
    unharmed(stack, visitor, run_id, alone)
    assert not lost_said(visitor, run_id)


def test_pause_in_the_middle_of_an_evaluation(
    stack: Stack, visitor: Visitor, alone: list[tuple[Any, ...]]
) -> None:
    run_id = begun(stack, visitor)
    assert visitor.call(f"runs/{run_id}/do/pause/", {})[0] == 200
    resting = "SELECT count(*) FROM searches_evaluation WHERE run_id = %s AND state = 'leased'"
    wait_until(lambda: stack.rows(resting, run_id)[0][0] == 0, 10, "the work to be given back")
    assert visitor.run(run_id)["state"] == "paused"
    assert visitor.call(f"runs/{run_id}/do/resume/", {})[0] == 200
    unharmed(stack, visitor, run_id, alone)
    assert not lost_said(visitor, run_id)


def test_kill_verb_ends_the_trainings_and_frees_the_slots(stack: Stack, visitor: Visitor) -> None:
    run_id = visitor.launch(evaluations=4, seconds=60.0, steps=600)
    wait_until(lambda: stack.rows(STARTED, run_id)[0][0] == 2, 30, "both slots to work")
    before = {training.pid for training in stack.trainings()}
    assert visitor.call(f"runs/{run_id}/do/kill/", {})[0] == 200
    wait_until(
        lambda: not before & {training.pid for training in stack.trainings()}, 4.5, "the trainings to be gone"
    )
    assert visitor.run(run_id)["state"] == "cancelled"
    visitor.finished(visitor.launch(evaluations=4), 30)


def test_a_lost_worker_is_noticed_in_twenty_seconds_at_the_defaults(new_stack: Callable[..., Stack]) -> None:
    names = ("LEASE", "RENEW", "SWEEP")
    stack = new_stack(slots=1, EVOSCOPE_METHODS_PATH=PROBES)
    for name in names:
        stack.environment.pop(f"EVOSCOPE_{name}_SECONDS", None)
    visitor = Visitor(stack.start())
    run_id = visitor.launch(evaluations=2, seconds=60.0, steps=600)
    wait_until(lambda: stack.rows(STARTED, run_id)[0][0], 30, "the slot to work")
    asleep = stack.pause("slot-1")
    wait_until(lambda: lost_said(visitor, run_id), 20, "the loss to be noticed")
    stack.wake(asleep)
    stack.end()
