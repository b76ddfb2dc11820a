"""A bug of a method or of ours stops a run where it stands, with its trace; it can go on after an upgrade."""

from __future__ import annotations

from django.db import transaction

from webapp.accounts.services.audit import record
from webapp.searches.clock import active_now
from webapp.searches.events import locked, write_events
from webapp.searches.live.publish import publish_state
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.states import EvaluationState, State, move


@transaction.atomic
def break_run(run_id: int, reason: str, trace: str) -> bool:
    """Move the run to broken; False when it has ended or is broken already. ``reason`` is a sentence for
    people."""
    run = locked(run_id)
    error = f"{reason}\n\n{trace}".strip()
    moved = move(
        SearchRun.objects.filter(pk=run_id),
        State.BROKEN,
        error=error,
        active_seconds=active_now(),
        active_since=None,
    )
    if not moved:
        return False
    write_events(run, [("state", {"state": State.BROKEN, "reason": reason})])
    record(
        team_id=run.team_id,
        actor=None,
        action="break",
        kind="run",
        object_id=run_id,
        detail={"reason": reason},
    )
    transaction.on_commit(lambda: publish_state(run_id))
    return True


def take_back(evaluation_id: int, trouble: str) -> None:
    """Have a finished evaluation run again once its run goes on: its result cannot be told."""
    Evaluation.objects.filter(pk=evaluation_id, state=EvaluationState.FINISHED).update(
        state=EvaluationState.WAITING, result="", trouble=trouble, started=None, finished=None
    )
