"""Budgets: what is refused, and when they are used up."""

from __future__ import annotations

import pytest

from searchengine.core.budget import Budget
from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import dumps, loads


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("evaluations", 0),
        ("evaluations", -3),
        ("evaluations", 2.5),
        ("evaluations", True),
        ("evaluations", 10**13),
        ("seconds", 0.0),
        ("seconds", float("nan")),
        ("seconds", float("inf")),
        ("seconds", "10"),
        ("cost", -1.0),
        ("cost", False),
    ],
)
def test_a_bad_budget_is_refused_beside_its_field(field: str, value: object) -> None:
    with pytest.raises(InvalidParams) as refused:
        Budget(**{field: value})  # type: ignore[arg-type]
    assert set(refused.value.fields) == {field}
    assert "expected" in refused.value.fields[field]


def test_any_limit_reached_closes_and_says_which() -> None:
    budget = Budget(evaluations=10, cost=100.0)
    assert budget.reached(9, 99.9) is None
    assert budget.reached(10, 0.0) == "budget of 10 evaluations used"
    assert budget.reached(0, 100.0) == "cost budget of 100 used"
    assert Budget().reached(10**9, 1e30) is None
    assert Budget(seconds=1.0).reached(10**9, 1e30) is None


def test_a_budget_survives_json() -> None:
    budget = Budget(evaluations=10, seconds=2.5)
    assert Budget.from_json(loads(dumps(budget.to_json()))) == budget
