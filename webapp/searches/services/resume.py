"""Resume: a paused run goes on where it was; a broken one tries again what failed."""

from django.db.models import F
from django.db.models.functions import Coalesce, Now

from webapp.accounts.models import User
from webapp.searches.capacity import ring_free_slots
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.services.change_state import change_state
from webapp.searches.states import EvaluationState, State


def resume(*, run_id: int, actor: User | None, reason: str = "") -> SearchRun:
    """Raises ``PermissionDenied`` and ``MoveRefused``. A run that was to end ends after what it resumes."""
    run = change_state(
        run_id=run_id,
        actor=actor,
        action="resume",
        target=State.RUNNING,
        only_from=frozenset({State.PAUSED, State.BROKEN}),
        reason=reason,
        held="",
        error="",
        started=Coalesce(F("started"), Now()),
        active_since=Now(),
    )
    ring_free_slots(Evaluation.objects.filter(run_id=run_id, state=EvaluationState.WAITING).count())
    return run
