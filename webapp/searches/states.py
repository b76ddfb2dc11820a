"""What a run may be, and how it may move: one table.

Every move is a conditional update (``move``), so of two that come at once one wins and the other learns it.
"""

from __future__ import annotations

from typing import Any

from django.db import models


class State(models.TextChoices):
    DRAFT = "draft", "draft"
    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    PAUSED = "paused", "paused"
    STOPPING = "stopping", "stopping"
    FINISHED = "finished", "finished"
    FAILED = "failed", "failed"
    BROKEN = "broken", "broken"
    CANCELLED = "cancelled", "cancelled"


MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.QUEUED, State.FAILED, State.CANCELLED}),
    State.QUEUED: frozenset(
        {State.RUNNING, State.PAUSED, State.STOPPING, State.BROKEN, State.FAILED, State.CANCELLED}
    ),
    State.RUNNING: frozenset(
        {State.PAUSED, State.STOPPING, State.FINISHED, State.FAILED, State.BROKEN, State.CANCELLED}
    ),
    State.PAUSED: frozenset({State.QUEUED, State.RUNNING, State.STOPPING, State.CANCELLED}),
    State.STOPPING: frozenset({State.FINISHED, State.FAILED, State.BROKEN, State.CANCELLED}),
    State.BROKEN: frozenset({State.RUNNING, State.STOPPING, State.CANCELLED}),
    State.FINISHED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}

ENDED = frozenset(state for state, onward in MOVES.items() if not onward)
"""States a run never leaves."""

STEPPED = frozenset({State.QUEUED, State.RUNNING, State.STOPPING})
"""States in which a steward steps the run. A paused run is not stepped: its finished results wait."""

WORKED = frozenset({State.RUNNING, State.STOPPING})
"""States in which workers take the run's evaluations."""


class EvaluationState(models.TextChoices):
    WAITING = "waiting", "waiting"
    LEASED = "leased", "leased"
    FINISHED = "finished", "finished"
    TOLD = "told", "told"
    CANCELLED = "cancelled", "cancelled"


class MoveRefused(Exception):
    """A run cannot make this move from the state it is in; the message says which it could."""


def sources(target: State) -> list[State]:
    """The states from which ``target`` can be reached in one move."""
    return [state for state, onward in MOVES.items() if target in onward]


def move(
    runs: models.QuerySet[Any], target: State, only_from: frozenset[State] | None = None, **fields: Any
) -> int:
    """Move those of ``runs`` that may to ``target``, setting ``fields`` with it; returns how many moved.

    ``only_from`` narrows the states to leave. One UPDATE: of two moves at once, one finds nothing.
    """
    allowed = [state for state in sources(target) if only_from is None or state in only_from]
    return runs.filter(state__in=allowed).update(state=target, **fields)
