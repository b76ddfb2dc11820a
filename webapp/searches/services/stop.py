"""Stop: no new births; what was asked ends, then the search closes on validation."""

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.searches.capacity import ring_free_slots
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.services.change_state import change_state
from webapp.searches.states import EvaluationState, State


@transaction.atomic
def stop(*, run_id: int, actor: User | None, reason: str = "") -> SearchRun:
    """Raises ``PermissionDenied`` and ``MoveRefused``. A draft has nothing to finish: it is cancelled."""
    if actor is not None:
        one_of(SearchRun.objects.all(), actor, run_id, Role.RESEARCHER)
    if SearchRun.objects.filter(pk=run_id, state=State.DRAFT).exists():
        return change_state(
            run_id=run_id,
            actor=actor,
            action="stop",
            target=State.CANCELLED,
            only_from=frozenset({State.DRAFT}),
            reason=reason,
            finished=Now(),
        )
    run = change_state(
        run_id=run_id,
        actor=actor,
        action="stop",
        target=State.STOPPING,
        only_from=frozenset({State.QUEUED, State.RUNNING, State.PAUSED, State.BROKEN}),
        reason=reason,
        closing=True,
        held="",
        error="",
        started=Coalesce(F("started"), Now()),
        active_since=Coalesce(F("active_since"), Now()),
    )
    ring_free_slots(Evaluation.objects.filter(run_id=run_id, state=EvaluationState.WAITING).count())
    return run
