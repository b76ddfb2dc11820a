"""A hundred processes of one run killed at random; nothing is lost, nothing counted twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import psutil
import pytest

from tests.live.audit import audit, history
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor
from tests.long.scale import scaled
from tests.waits import wait_until

pytestmark = [pytest.mark.long, pytest.mark.live]

KILLS = scaled(100, least=3)
SEARCH: dict[str, Any] = {
    "method": "regularized_evolution",
    "space": "probe",
    "space_params": {"spins": True, "seconds": 2.0, "steps": 40},
    "evaluations": 3 * KILLS,
}
CHANCES = {"training": 0.5, "slot": 0.25, "steward": 0.1, "web": 0.05, "redis": 0.05, "postgres": 0.05}


@pytest.mark.timeout(7200)
def test_a_run_survives_a_hundred_random_kills(new_stack: Callable[..., Stack]) -> None:
    stack = new_stack(slots=2, EVOSCOPE_METHODS_PATH=PROBES, EVOSCOPE_CHECKPOINT_SECONDS="0.2")
    visitor = Visitor(stack.start())
    killed = visitor.launch(**SEARCH, window=8)
    visitor.until(killed, lambda run: run["evaluations_done"] >= 1, 60, "the first result")
    rng = np.random.default_rng(0)
    pause = threading.Event()
    done: Counter[str] = Counter()
    while done.total() < KILLS:
        pause.wait(float(rng.uniform(1.0, 3.0)))
        assert visitor.run(killed).get("state", "running") == "running", f"it ended after {dict(done)}"
        done[_kill(stack, str(rng.choice(list(CHANCES), p=list(CHANCES.values()))), rng)] += 1
        done.pop("nobody", None)  # whoever was drawn is just being started again
    wait_until(stack.healthy, 60, "the product to answer again")
    visitor.finished(killed, 1800)
    given_up = "SELECT number, trouble FROM searches_evaluation WHERE run_id = %s AND lost >= 5"
    assert stack.rows(given_up, killed) == []
    alone = visitor.launch(**SEARCH, window=8)
    visitor.finished(alone, 1800)
    assert history(stack, killed) == history(stack, alone)
    audit(stack, killed)
    stack.end()


def _kill(stack: Stack, role: str, rng: np.random.Generator) -> str:
    """kill -9 of a process that plays the role, if one lives just now; what was killed."""
    if role == "training":
        victims = [process.pid for process in stack.trainings()]
    else:
        victims = [pid for name, pid in stack.pids().items() if name.startswith(role)]
    with suppress(psutil.NoSuchProcess):
        if victims:
            psutil.Process(int(rng.choice(victims))).kill()
            return role
    return "nobody"
