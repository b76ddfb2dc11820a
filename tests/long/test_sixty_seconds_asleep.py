"""A worker that is stopped for a whole minute, at the default leases and deadlines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.audit import audit, history
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor
from tests.long.scale import scaled
from tests.waits import wait_until

pytestmark = [pytest.mark.long, pytest.mark.live]

ASLEEP = scaled(60, least=25)
"""Seconds; longer than the lease in any case."""

SEARCH: dict[str, Any] = {"evaluations": 2 * ASLEEP, "spins": True, "seconds": 1.5, "steps": 30}

IN_WORK = (
    "SELECT number, token FROM searches_evaluation WHERE run_id = %s AND state = 'leased' "
    "AND started IS NOT NULL AND lease_owner LIKE 'slot-1%%'"
)


@pytest.mark.timeout(1800)
def test_it_is_noticed_in_twenty_seconds_and_writes_nothing_when_it_wakes(
    new_stack: Callable[..., Stack],
) -> None:
    stack = new_stack(slots=2, EVOSCOPE_METHODS_PATH=PROBES, EVOSCOPE_CHECKPOINT_SECONDS="0.3")
    for name in ("LEASE", "RENEW", "SWEEP", "PAUSE", "STALL", "SESSION_CHECK"):
        stack.environment.pop(f"EVOSCOPE_{name}_SECONDS", None)
    visitor = Visitor(stack.start())
    run_id = visitor.launch(**SEARCH)
    held = wait_until(lambda: stack.rows(IN_WORK, run_id), 60, "the slot to work")
    began = time.monotonic()
    asleep = stack.pause("slot-1")
    try:
        wait_until(lambda: _lost(stack, run_id), 20, "the loss to be said")
        threading.Event().wait(ASLEEP - (time.monotonic() - began))
    finally:
        stack.wake(asleep)
    visitor.finished(run_id, 600)
    for number, token in held:
        ((now,),) = stack.rows(
            "SELECT token FROM searches_evaluation WHERE run_id = %s AND number = %s", run_id, number
        )
        assert now > token, f"job {number} was told by the worker that had lost it"
    worked = "SELECT count(*) FROM searches_evaluation WHERE run_id = %s AND told IS NOT NULL"
    assert stack.rows(worked, run_id)[0][0] == SEARCH["evaluations"]
    audit(stack, run_id)
    alone = visitor.launch(**SEARCH)
    visitor.finished(alone, 600)
    assert history(stack, run_id) == history(stack, alone)
    stack.end()


def _lost(stack: Stack, run_id: int) -> int:
    ((count,),) = stack.rows(
        "SELECT count(*) FROM searches_event WHERE run_id = %s AND kind = 'lost'", run_id
    )
    return int(count)
