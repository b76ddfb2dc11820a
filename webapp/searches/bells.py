"""Bells: messages that say "look", never what to find. Losing every one of them loses no truth.

A verb or step rings after its commit. When Redis is away the bell is dropped with a log line, and the sweep
finds what is to be done in the rows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from webapp.config.celery import app

log = logging.getLogger(__name__)

STEP = "control.step"
WORK = "evaluate.work"
PREPARE_DATASET = "prepare.dataset"
WRITE_EXPORT = "prepare.export"
CALIBRATE = "prepare.calibrate"
JUDGE = "prepare.judge"

WORK_EXPIRES = 30.0
"""Seconds after which an unheard work bell is worthless: the sweep has rung again."""


def ring_step(run_id: int) -> None:
    """Have a steward step a run, once this transaction is committed."""
    transaction.on_commit(lambda: _send(STEP, [run_id]))


def ring_work(count: int) -> None:
    """Wake ``count`` slots, once this transaction is committed."""
    if count > 0:
        transaction.on_commit(lambda: _send_many(WORK, count))


def ring_preparer(name: str, pk: int) -> None:
    """Have the preparer take a data set, an export or a judgement, once this transaction is committed."""
    transaction.on_commit(lambda: _send(name, [pk]))


def ring_calibration() -> None:
    """Have the preparer time recipes where none were, once this transaction is committed."""
    transaction.on_commit(lambda: _send(CALIBRATE, []))


def _send(name: str, args: list[int]) -> bool:
    return _send_each(name, [args])


def _send_many(name: str, count: int) -> bool:
    return _send_each(name, ([] for _ in range(count)), expires=WORK_EXPIRES)


def _send_each(name: str, messages: Iterable[list[int]], expires: float | None = None) -> bool:
    try:
        with app.producer_or_acquire() as producer:
            for args in messages:
                app.send_task(
                    name, args=args, producer=producer, expires=expires, retry=False, ignore_result=True
                )
    except (OperationalError, RedisError, OSError) as error:
        log.warning("bell %s was not heard (%s); the sweep will find the work", name, error)
        return False
    return True
