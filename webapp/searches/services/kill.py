"""Kill: the run ends now; supervisors end the training processes within the kill time, nothing more is
accepted."""

from django.db import transaction
from django.db.models.functions import Now

from webapp.accounts.models import User
from webapp.searches.clock import active_now
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.services.change_state import change_state
from webapp.searches.states import ENDED, EvaluationState, State


@transaction.atomic
def kill(*, run_id: int, actor: User | None, reason: str = "") -> SearchRun:
    """Raises ``PermissionDenied`` and ``MoveRefused``.

    Leases are taken away with the state, so a result that arrives at the same instant finds nothing to be
    written to.
    """
    run = change_state(
        run_id=run_id,
        actor=actor,
        action="kill",
        target=State.CANCELLED,
        only_from=frozenset(set(State) - ENDED),
        reason=reason,
        finished=Now(),
        active_seconds=active_now(),
        active_since=None,
    )
    open_states = [EvaluationState.WAITING, EvaluationState.LEASED, EvaluationState.FINISHED]
    Evaluation.objects.filter(run_id=run_id, state__in=open_states).update(
        state=EvaluationState.CANCELLED, lease_owner="", lease_until=None, found=None, found_step=None
    )
    return run
