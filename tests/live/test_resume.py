"""A run killed at random moments and resumed has the births and the fitness bits of one left alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.live.audit import audit, history
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor

pytestmark = pytest.mark.live

SEARCH: dict[str, Any] = {
    "method": "regularized_evolution",
    "space": "probe",
    "space_params": {"spins": True, "seconds": 0.5, "steps": 20},
    "evaluations": 24,
}
MOMENTS = 3


@pytest.fixture
def stacks(live_root: Path, prepared_data: Path) -> Any:
    made: list[Stack] = []

    def make(slots: int) -> Stack:
        var = Path(tempfile.mkdtemp(dir=live_root)) / "var"
        environment = {"EVOSCOPE_METHODS_PATH": PROBES, "EVOSCOPE_CHECKPOINT_SECONDS": "0.2"}
        made.append(Stack(var, slots=slots, data=prepared_data, **environment))
        return made[-1].start()

    yield make
    for stack in made:
        stack.end()
        stack.clear()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("slots", [1, 2])
def test_everything_killed_at_random_moments_gives_the_same_history(stacks: Any, slots: int) -> None:
    stack: Stack = stacks(slots)
    visitor = Visitor(stack)
    killed = visitor.launch(**SEARCH)
    rng = np.random.default_rng(slots)
    for moment in sorted(int(told) for told in rng.choice(np.arange(1, 22), MOMENTS, replace=False)):
        visitor.until(
            killed, lambda run, moment=moment: run["evaluations_done"] >= moment, 120, f"{moment} to be told"
        )
        stack.kill_everything()
        stack.start()
        visitor = Visitor(stack)
    visitor.finished(killed)
    alone = visitor.launch(**SEARCH)
    visitor.finished(alone)
    assert history(stack, killed) == history(stack, alone)
    audit(stack, killed)
    (fitness,) = stack.rows("SELECT count(DISTINCT fitness) FROM searches_genome WHERE run_id = %s", killed)[
        0
    ]
    assert fitness > 10  # the histories are not equal for want of anything to differ
