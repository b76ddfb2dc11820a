"""Pause: start nothing; what ends within the pause time ends, the rest is checkpointed and given back."""

from webapp.accounts.models import User
from webapp.searches.clock import active_now
from webapp.searches.models import SearchRun
from webapp.searches.services.change_state import change_state
from webapp.searches.states import State


def pause(*, run_id: int, actor: User | None, reason: str = "", held: str = "") -> SearchRun:
    """Raises ``PermissionDenied`` and ``MoveRefused``. ``held`` marks a pause by the product itself
    (``disk``)."""
    return change_state(
        run_id=run_id,
        actor=actor,
        action="pause",
        target=State.PAUSED,
        only_from=frozenset({State.QUEUED, State.RUNNING}),
        reason=reason,
        held=held,
        active_seconds=active_now(),
        active_since=None,
    )
