"""Numbering a run's events: gapless, written only by who holds the run's lock."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from searchengine.core.jsontext import Json, dumps
from webapp.searches.live.publish import publish_events
from webapp.searches.models import Event, SearchRun


def append_events(run: SearchRun, events: Iterable[tuple[str, Json]]) -> None:
    """Append ``(kind, payload)`` pairs to ``run``, whose row the caller has locked in this transaction, and
    raise ``run.last_seq``; the caller writes that column. Pages are told after the commit."""
    rows = []
    for kind, payload in events:
        run.last_seq += 1
        rows.append(Event(run=run, seq=run.last_seq, kind=kind, payload=dumps(payload)))
    if rows:
        Event.objects.bulk_create(rows)
        run_id, seq = run.pk, run.last_seq
        transaction.on_commit(lambda: publish_events(run_id, seq))


def write_events(run: SearchRun, events: Iterable[tuple[str, Json]]) -> None:
    """As ``append_events``, ``last_seq`` written too."""
    append_events(run, events)
    SearchRun.objects.filter(pk=run.pk).update(last_seq=run.last_seq)


def locked(run_id: int) -> SearchRun:
    """The run, locked until the caller's transaction ends; waits for a step that is being taken."""
    return SearchRun.objects.select_for_update(of=("self",)).get(pk=run_id)


@transaction.atomic
def note(run_id: int, kind: str, payload: Json) -> None:
    """Write one event of the product's own (a worker was lost, the disk is full) into a run."""
    write_events(locked(run_id), [(kind, payload)])
