"""Waiting for the database: training goes on while it is away, and results are kept until it is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

AWAY = (OperationalError, InterfaceError)
"""The database is away, or two updates stood in each other's way: the same statement is tried again."""

LONGEST_PAUSE = 5.0


def patiently(action: Callable[[], Answer], leaving: Callable[[], bool]) -> Answer | None:
    """``action``'s answer, tried until the database gives it. None when this worker is to end before."""
    pause = 0.1
    while True:
        try:
            return action()
        except AWAY as error:
            log.warning(
                "the database does not answer (%s); trying again in %.1f s", str(error).strip(), pause
            )
            connection.close()
        if leaving():
            return None
        time.sleep(pause)
        pause = min(LONGEST_PAUSE, 2 * pause)


def once(action: Callable[[], Answer]) -> Answer | None:
    """``action``'s answer, or None when the database is away just now."""
    try:
        return action()
    except AWAY as error:
        log.warning("the database does not answer (%s); the evaluation goes on", str(error).strip())
        connection.close()
        return None
