"""What sockets read from rows. Each is one or two queries by an index."""

from __future__ import annotations

import hmac
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from searchengine.core.jsontext import Json, loads
from webapp.accounts.models import User
from webapp.accounts.permissions import visible
from webapp.searches.models import Evaluation, Event, SearchRun
from webapp.searches.states import EvaluationState

MOST_EVENTS = 2000
"""Events in one frame; a page that missed more reads itself again."""

_STATE_FIELDS = (
    "state",
    "held",
    "closing",
    "error",
    "births",
    "failures",
    "evaluations_done",
    "evaluations_planned",
    "best_fitness",
    "best_genome",
    "last_seq",
    "progress",
)


class Standing(NamedTuple):
    """A run as a frame says it, and the number of its newest event."""

    state: Json
    seq: int


def standing(run_id: int) -> Standing | None:
    """None when the run is gone."""
    row = SearchRun.objects.filter(pk=run_id).values(*_STATE_FIELDS).first()
    if row is None:
        return None
    state: Json = {**row, "error": row["error"].partition("\n")[0], "progress": loads(row["progress"])}
    return Standing(state, state.pop("last_seq"))


def events_since(run_id: int, seq: int, most: int = MOST_EVENTS) -> list[Json]:
    """Events after ``seq`` in order, at most ``most``."""
    rows = Event.objects.filter(run_id=run_id, seq__gt=seq).order_by("seq")
    return [
        {"seq": number, "kind": kind, "payload": loads(payload), "at": at.timestamp()}
        for number, kind, payload, at in rows.values_list("seq", "kind", "payload", "at")[:most]
    ]


def running(run_id: int) -> list[Json]:
    """The evaluations in work, as progress entries of a snapshot."""
    rows = Evaluation.objects.filter(run_id=run_id, state=EvaluationState.LEASED, started__isnull=False)
    fields = (
        "number", "subjects", "progress_step", "progress_of", "progress", "found_step", "worker__name",
        "attempt",
    )  # fmt: skip
    return [
        {
            "job": number,
            "subjects": subjects,
            "step": step,
            "of": of,
            "metrics": loads(metrics),
            "found": found,
            "worker": worker or "",
            "attempt": attempt,
        }
        for number, subjects, step, of, metrics, found, worker, attempt in rows.values_list(*fields)
    ]


def may_watch(user: Any, run_id: int) -> bool:
    """Whether ``user`` may see the run; the same answer for one that does not exist."""
    return visible(SearchRun.objects.filter(pk=run_id), user).exists()


def still_signed_in(session_key: str | None, user_id: int) -> bool:
    """Whether the session is still there, still that person's, and the person still active."""
    if not session_key:
        return False
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if str(session.get(SESSION_KEY, "")) != str(user_id) or BACKEND_SESSION_KEY not in session:
        return False
    user = User.objects.filter(pk=user_id, is_active=True).first()
    stored = session.get(HASH_SESSION_KEY, "")
    return user is not None and hmac.compare_digest(stored, user.get_session_auth_hash())
