"""What every verb on a run shares: role, lock, conditional move, event, audit entry, bells."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.searches import bells
from webapp.searches.events import locked, write_events
from webapp.searches.live.publish import publish_state
from webapp.searches.models import SearchRun
from webapp.searches.states import MOVES, MoveRefused, State, move


@transaction.atomic
def change_state(
    *,
    run_id: int,
    actor: User | None,
    action: str,
    target: State,
    only_from: frozenset[State],
    reason: str = "",
    **fields: Any,
) -> SearchRun:
    """Move a run and say so everywhere; asking for the state it is in changes nothing.

    ``actor`` None is the product itself. Raises ``PermissionDenied`` (no such run among the actor's, or a
    role below researcher) and ``MoveRefused``.
    """
    if actor is not None:
        one_of(SearchRun.objects.all(), actor, run_id, Role.RESEARCHER)
    run = locked(run_id)
    if run.state == target:
        return run
    if not move(SearchRun.objects.filter(pk=run_id), target, only_from=only_from, **fields):
        raise MoveRefused(refusal(action, State(run.state)))
    write_events(run, [("state", {"state": target, "reason": reason, "by": str(actor) if actor else ""})])
    record(
        team_id=run.team_id,
        actor=actor,
        action=action,
        kind="run",
        object_id=run_id,
        detail={"from": run.state, "to": target, "reason": reason},
    )
    transaction.on_commit(lambda: publish_state(run_id))
    bells.ring_step(run_id)
    return SearchRun.objects.get(pk=run_id)


def refusal(action: str, state: State) -> str:
    """Why a verb cannot be done now, and what can."""
    onward = sorted(move.label for move in MOVES[state])
    can = f"from there it can become {', '.join(onward)}" if onward else "that is final; fork it to go on"
    return f"cannot {action} a run that is {state.label}; {can}"
