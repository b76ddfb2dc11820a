"""The control of a run: another search of the same space at equal cost, on the same data with the same
recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from searchengine import catalogue
from searchengine.core.budget import Budget
from searchengine.core.errors import UnknownName
from searchengine.core.jsontext import Json, loads
from searchengine.driver.plan import Parts, Plan

_MOST_EVALUATIONS = 1_000_000


def control_plan(
    plan: Plan,
    *,
    control: str | None = None,
    cost: float | None = None,
    documents: Mapping[str, Json] | None = None,
) -> Plan:
    """The plan of the control that stands beside ``plan``: by default the one the method names. It is given
    the ``documents`` that the run has.

    With ``cost`` (what the run's search phase has cost, known when it has ended) the control stops at the
    first candidate that reaches it; without, both get the same number of evaluations and the same budget. A
    control pays for every candidate itself. Raises ``UnknownName`` when the method names no control.
    """
    method = catalogue.method(plan.method)
    slug = control or method.control
    if slug is None:
        raise UnknownName(f"{plan.method} is a control itself and names none")
    if documents:
        plan = replace(plan, params={**plan.params, **documents})
    budget = plan.budget if cost is None else Budget(cost=cost)
    if slug == plan.method:
        values = method.control_values if cost is not None else _alike(plan, method.control_values)
        itself = method.params.parse({**plan.params, **values}).to_json()
        Parts(twin := replace(plan, params=itself, budget=budget))
        return twin
    chosen = catalogue.method(slug)
    space, space_params = searched(plan.method, plan.params)
    params: Json = {
        "space": space,
        "space_params": space_params,
        "evaluations": _evaluations(plan) if cost is None else _MOST_EVALUATIONS,
    }
    if isinstance(plan.params.get("finalists"), int):
        params["finalists"] = plan.params["finalists"]
    known = set(chosen.params.model_fields)
    made = chosen.params.parse({name: value for name, value in params.items() if name in known})
    beside = replace(plan, method=slug, params=made.to_json(), budget=budget)
    Parts(beside)
    return beside


def searched(method: str, params: Json) -> tuple[str, Json]:
    """The slug and the parameters of what a search goes through: its own, or those of the space that a
    control was given. ``params`` may be a draft's, not parsed yet. Raises ``UnknownName``."""
    if not catalogue.method(method).is_control or "space" not in params:
        return method, params
    given = params.get("space_params", {})
    return params["space"], loads(given) if isinstance(given, str) else given


def control_title(slug: str) -> str:
    """What a method's control is called: the other method, or itself with the one thing it does otherwise.
    Raises ``UnknownName`` when the method names none."""
    method = catalogue.method(slug)
    if method.control is None:
        raise UnknownName(f"{slug} is a control itself and names none")
    if method.control != slug:
        return catalogue.method(method.control).title
    (name, value), *_ = method.control_values.items()
    return f"{method.title} with {name.replace('_', ' ')} {value}"


def planned_evaluations(plan: Plan) -> int | None:
    """How many evaluations the search phase of ``plan`` runs at most; None when the method cannot say and no
    budget limits it."""
    method = catalogue.method(plan.method)
    own = method.planned(method.params.parse(plan.params)) if method.planned is not None else None
    limits = [number for number in (own, plan.budget.evaluations) if number is not None]
    return min(limits) if limits else None


def _alike(plan: Plan, values: Mapping[str, object]) -> dict[str, object]:
    """Of a method's values as its own control those that leave the number of evaluations as it is."""
    method = catalogue.method(plan.method)
    if method.planned is None:
        return dict(values)
    asked = method.planned(method.params.parse(plan.params))
    return {
        name: value
        for name, value in values.items()
        if method.planned(method.params.parse({**plan.params, name: value})) == asked
    }


def _evaluations(plan: Plan) -> int:
    return min(planned_evaluations(plan) or _MOST_EVALUATIONS, _MOST_EVALUATIONS)
