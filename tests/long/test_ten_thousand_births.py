"""A long search costs no more a step than a short one, and its state stays small."""

from __future__ import annotations

import time

import pytest

from searchengine import catalogue
from searchengine.core.budget import Budget
from searchengine.driver import make_plan, planned_evaluations
from searchengine.driver.envelope import LARGEST_STATE
from searchengine.testing.contract import long_values, searched
from searchengine.testing.data import tiny_for
from searchengine.testing.rehearsal import Rehearsal

pytestmark = pytest.mark.long

BIRTHS = 10_000


@pytest.mark.parametrize("slug", sorted(catalogue.methods()))
def test_the_ten_thousandth_birth_costs_what_the_hundredth_did(slug: str) -> None:
    values = long_values(slug, BIRTHS)
    data = tiny_for(searched(catalogue.method(slug)))
    plan = make_plan(slug, data, seed=5, values=values, budget=Budget(evaluations=BIRTHS))
    run, marks = Rehearsal(plan), {}
    for told in (100, 1100, BIRTHS - 1100, BIRTHS - 100):
        run.run(workers=plan.window, arrival=list, until_told=told)
        marks[told] = time.process_time()
    run.run(workers=plan.window, arrival=list)
    assert run.finished
    assert run.largest_state <= LARGEST_STATE
    if (planned_evaluations(plan) or 0) < BIRTHS:
        return  # a method whose largest plan is shorter has ended earlier, at its own bound
    early = marks[1100] - marks[100]
    late = marks[BIRTHS - 100] - marks[BIRTHS - 1100]
    assert late <= 1.2 * early, (
        f"1,000 births took {early:.2f} s of CPU at the start and {late:.2f} s at the end"
    )
