"""Everything killed at twenty random moments of one search, with one worker and with two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.live.audit import audit, history
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor
from tests.long.scale import scaled

pytestmark = [pytest.mark.long, pytest.mark.live]

MOMENTS = scaled(20, least=2)
EVALUATIONS = 3 * MOMENTS
SEARCH: dict[str, Any] = {
    "method": "regularized_evolution",
    "space": "probe",
    "space_params": {"spins": True, "seconds": 0.8, "steps": 20},
    "evaluations": EVALUATIONS,
}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("slots", [1, 2])
def test_births_and_fitness_bits_are_those_of_a_run_left_alone(
    new_stack: Callable[..., Stack], slots: int
) -> None:
    stack = new_stack(slots=slots, EVOSCOPE_METHODS_PATH=PROBES, EVOSCOPE_CHECKPOINT_SECONDS="0.2")
    visitor = Visitor(stack.start())
    killed = visitor.launch(**SEARCH)
    rng = np.random.default_rng(slots)
    told = rng.choice(np.arange(1, EVALUATIONS - 2), MOMENTS, replace=False)
    for moment in sorted(map(int, told)):
        visitor.until(
            killed, lambda run, moment=moment: run["evaluations_done"] >= moment, 120, f"{moment} to be told"
        )
        stack.kill_everything()
        stack.start()
        visitor = Visitor(stack)
    visitor.finished(killed, 300)
    alone = visitor.launch(**SEARCH)
    visitor.finished(alone, 600)
    assert history(stack, killed) == history(stack, alone)
    audit(stack, killed)
    fitness = {row[4] for row in history(stack, killed)}
    assert len(fitness) > EVALUATIONS // 2  # the histories are not equal for want of anything to differ
    stack.end()
