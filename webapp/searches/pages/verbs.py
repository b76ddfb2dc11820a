"""What a person may do to a run in its state, and what each verb does, in words."""

from __future__ import annotations

from typing import NamedTuple

from webapp.searches.states import State


class Verb(NamedTuple):
    """A button: ``effect`` says what happens to work in flight; ``asks`` is the question before it, empty
    for none."""

    name: str
    label: str
    effect: str
    asks: str = ""
    danger: bool = False


PAUSE = Verb(
    "pause",
    "Pause",
    "Networks that end within half a minute finish, the others keep what they have trained and wait. "
    "Nothing is lost.",
    "Pause this run?",
)
RESUME = Verb("resume", "Resume", "The search goes on as if it had never paused.")
STOP = Verb(
    "stop",
    "Stop",
    "Networks in training finish, no new ones are born, then the search ends with what it found.",
    "Stop this run?",
)
KILL = Verb(
    "kill",
    "Kill",
    "Networks in training are ended now and their work is thrown away. What was found so far stays.",
    "Kill this run now?",
    danger=True,
)

BY_STATE: dict[State, tuple[Verb, ...]] = {
    State.DRAFT: (KILL,),
    State.QUEUED: (PAUSE, STOP, KILL),
    State.RUNNING: (PAUSE, STOP, KILL),
    State.PAUSED: (RESUME, STOP, KILL),
    State.STOPPING: (KILL,),
    State.BROKEN: (RESUME, KILL),
    State.FINISHED: (),
    State.FAILED: (),
    State.CANCELLED: (),
}

VERBS = {verb.name: verb for verb in (PAUSE, RESUME, STOP, KILL)}


def verbs(state: str) -> tuple[Verb, ...]:
    """The verbs that a run in ``state`` understands."""
    return BY_STATE[State(state)]
