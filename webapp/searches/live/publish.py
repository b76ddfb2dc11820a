"""Telling open pages that there is something new: plain Redis PUBLISH, a twentieth of a millisecond a call.

A message is a hint. ``{"run": 3, "seq": 812}`` says that events up to 812 can be read; ``{"run": 3,
"state": true}`` that the run's own row changed; ``{"run": 3, "progress": {...}}`` carries what one running
evaluation reported, which is in the rows a few seconds later.
"""

from __future__ import annotations

import logging
from functools import cache

import redis
from django.conf import settings
from redis.exceptions import RedisError

from searchengine.core.jsontext import Json, dumps

log = logging.getLogger(__name__)

CHANNEL = "evoscope:live"


def publish_events(run_id: int, seq: int) -> None:
    """Events of a run up to ``seq`` are committed."""
    _publish({"run": run_id, "seq": seq})


def publish_state(run_id: int) -> None:
    """A run's row changed."""
    _publish({"run": run_id, "state": True})


def publish_progress(run_id: int, progress: Json) -> None:
    """What a running evaluation reported: job, step, of, metrics, worker, attempt, and the step of the
    findings so far that can be read (``found``)."""
    _publish({"run": run_id, "progress": progress})


def _publish(message: Json) -> None:
    try:
        _client().publish(CHANNEL, dumps(message))
    except (RedisError, OSError) as error:
        log.debug("nobody heard %s: %s", message, error)


@cache
def _client() -> redis.Redis:
    """One client a process; its pool is safe to share between threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2.0, socket_connect_timeout=1.0)
