"""Waiting for a condition, never for a time."""

import threading
import time
from collections.abc import Callable
from typing import Any


def wait_until(condition: Callable[[], Any], seconds: float, what: str, *, every: float = 0.05) -> Any:
    """The first true answer of `condition`, asked `every` so many seconds; fails the test, naming `what`,
    when none comes in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        pause.wait(every)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")
