"""The learning rate down a staircase: when it steps, by how much, and what is refused."""

from __future__ import annotations

import pytest

from searchengine.core.errors import InvalidParams
from searchengine.training.schedules import Schedule, Staircase


def test_the_rate_warms_up_and_then_steps_down() -> None:
    schedule = Schedule(steps=40, learning_rate=0.8, warmup=4, staircase=Staircase(every=10, factor=0.5))
    assert [schedule.rate(step) for step in (0, 1, 3)] == pytest.approx([0.2, 0.4, 0.8])
    assert {schedule.rate(step) for step in range(4, 10)} == {0.8}
    assert {schedule.rate(step) for step in range(10, 20)} == {0.4}
    assert schedule.rate(39) == pytest.approx(0.1), "it does not fall to zero"


def test_stairs_do_not_depend_on_how_many_steps_follow() -> None:
    stairs = Staircase(every=3, factor=0.9)
    short, long = (Schedule(steps=steps, learning_rate=1.0, staircase=stairs) for steps in (7, 700))
    assert [short.rate(step) for step in range(7)] == [long.rate(step) for step in range(7)]


@pytest.mark.parametrize("stairs", [Staircase(0, 0.9), Staircase(3, 0.0), Staircase(3, 1.5)])
def test_stairs_that_lead_nowhere_are_refused(stairs: Staircase) -> None:
    with pytest.raises(InvalidParams) as refused:
        Schedule(steps=10, staircase=stairs)
    assert list(refused.value.fields) == ["staircase"]
