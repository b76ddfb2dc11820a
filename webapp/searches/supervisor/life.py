"""A slot's process from its first bell to its last: presence, warm-up, soft stop."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Any

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.db import DatabaseError

from webapp.config.celery import EVALUATE
from webapp.searches.supervisor.presence import Presence
from webapp.searches.supervisor.slot import Slot

log = logging.getLogger(__name__)

leaving = threading.Event()
"""Set when this process is asked to end: what runs checkpoints and is given back."""

_alive: dict[str, Slot] = {}


@cache
def slot_of(hostname: str) -> Slot:
    """The slot of this process; made once, seen from then on."""
    presence = Presence.of_celery(hostname)
    presence.start()
    slot = Slot(presence, leaving=leaving)
    _alive[hostname] = slot
    return slot


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    """Load torch before the first evaluation asks for it, and look for work that no bell told of."""
    if EVALUATE not in sender.app.amqp.queues.consume_from:
        return
    slot_of(sender.hostname).warm()
    from webapp.searches import bells

    bells.ring_work(1)


@worker_shutting_down.connect
def _leave(**_: Any) -> None:
    leaving.set()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    for slot in _alive.values():
        slot.close()
        try:
            slot.presence.goodbye()
        except DatabaseError as error:
            log.warning("could not say goodbye: %s", str(error).strip())
