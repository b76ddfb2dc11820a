"""Queueing a draft: its plan is fixed, the search's first state written, a steward rung."""

from __future__ import annotations

from django.db import transaction

from searchengine import driver
from searchengine.core.jsontext import dumps
from searchengine.driver.control import planned_evaluations
from webapp.searches import bells
from webapp.searches.events import locked, write_events
from webapp.searches.models import RunState, SearchRun
from webapp.searches.states import State, move


@transaction.atomic
def queue_run(run: SearchRun, plan: driver.Plan, *, state: str | None = None) -> bool:
    """Move ``run`` from draft to queued with ``plan``; False when it is no draft any more.

    ``state`` is the engine's state to go on from (a fork's); by default the search starts anew.
    """
    first = driver.start(plan) if state is None else state
    locked(run.pk)
    moved = move(
        SearchRun.objects.filter(pk=run.pk),
        State.QUEUED,
        only_from=frozenset({State.DRAFT}),
        held="",
        plan=dumps(plan.to_json()),
        params=dumps(plan.params),
        seed=plan.seed,
        window=plan.window,
        recipe=dumps(plan.recipe),
        evaluations_planned=planned_evaluations(plan) if plan.budget.cost is None else None,
        budget_cost=plan.budget.cost,
    )
    if not moved:
        return False
    RunState.objects.create(run=run, state=first)
    run.refresh_from_db()
    write_events(run, [("state", {"state": State.QUEUED, "reason": ""})])
    bells.ring_step(run.pk)
    return True
