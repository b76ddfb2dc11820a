"""History is a function of the plan: any timing, any grouping, any number of workers."""

from __future__ import annotations

import pytest

from searchengine.driver import Budget, Plan, make_plan
from searchengine.testing.data import TINY_IMAGES
from searchengine.testing.rehearsal import (
    Evaluator,
    Rehearsal,
    constant,
    hashed,
    one_at_random,
    some_at_random,
)

METHODS = ("random_search", "regularized_evolution")


def _plan(method: str, window: int = 8, budget: Budget | None = None) -> Plan:
    return make_plan(method, TINY_IMAGES, seed=7, values={"evaluations": 60}, window=window, budget=budget)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("evaluate", [constant, hashed], ids=["constant", "hashed"])
@pytest.mark.parametrize("window", [1, 4, 16])
def test_history_is_the_same_for_any_arrival_and_any_number_of_workers(
    method: str, evaluate: Evaluator, window: int
) -> None:
    alone = Rehearsal(_plan(method, window)).run(evaluate)
    histories = {
        "two workers": Rehearsal(_plan(method, window)).run(evaluate, workers=2),
        "shuffled": Rehearsal(_plan(method, window)).run(evaluate, workers=16, arrival=one_at_random(1)),
        "shuffled with two": Rehearsal(_plan(method, window)).run(
            evaluate, workers=2, arrival=one_at_random(2)
        ),
        "grouped": Rehearsal(_plan(method, window)).run(evaluate, workers=16, arrival=some_at_random(3)),
        "all at once": Rehearsal(_plan(method, window)).run(evaluate, workers=16, arrival=list),
    }
    assert alone.finished
    assert len(alone.births) == 60
    for name, other in histories.items():
        assert other.history() == alone.history(), name


def test_another_window_is_another_history() -> None:
    narrow = Rehearsal(_plan("regularized_evolution", 1)).run()
    wide = Rehearsal(_plan("regularized_evolution", 16)).run()
    assert narrow.history() != wide.history()


@pytest.mark.parametrize("method", METHODS)
def test_a_run_stopped_by_time_is_a_prefix_of_the_same_history(method: str) -> None:
    whole = Rehearsal(_plan(method)).run()
    stopped = Rehearsal(_plan(method)).run(workers=4, arrival=some_at_random(5), close_at=20)
    count = len(stopped.births)
    assert stopped.finished
    assert 20 <= count < 60
    assert stopped.births == whole.births[:count]
    assert stopped.jobs[:count] == whole.jobs[:count]
    final = [job for job in stopped.jobs if job.phase == "final"]
    assert len(final) == 3


@pytest.mark.parametrize("method", METHODS)
def test_a_budget_closes_the_search_at_the_same_birth_whatever_the_workers_do(method: str) -> None:
    free = Rehearsal(_plan(method)).run()
    cost = sum(job.cost for job in free.jobs[:30] if job.reuse_of is None)
    for budget in (Budget(evaluations=25), Budget(cost=cost)):
        alone = Rehearsal(_plan(method, budget=budget)).run()
        many = Rehearsal(_plan(method, budget=budget)).run(workers=8, arrival=some_at_random(9))
        assert alone.history() == many.history()
        assert 0 < len(alone.births) < 60
        assert alone.births == free.births[: len(alone.births)]
        assert [event.kind for event in alone.events].count("closing") == 1
    assert len(Rehearsal(_plan(method, budget=Budget(evaluations=25))).run().births) == 25


def test_a_step_without_news_changes_nothing() -> None:
    run = Rehearsal(_plan("regularized_evolution")).run(until_told=20)
    before = run.history()
    run.step()
    run.step()
    assert run.history() == before


def test_stopping_twice_is_stopping_once() -> None:
    run = Rehearsal(_plan("random_search")).run(until_told=10)
    run.step(closing=True)
    before = run.history()
    run.step(closing=True)
    assert run.history() == before
