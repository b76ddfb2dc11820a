"""Telling how far a preparation is, and noticing that it was cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable

from searchengine.core.errors import Stopped

Progress = Callable[[str, int, int], None]
_REPORT_SECONDS = 0.2


class Watch:
    """Called after every small step with phase, done and of; it passes that on at most five times a second,
    and the end of each phase always. Raises ``Stopped`` once ``cancelled()`` turns true."""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._next = 0.0

    def __call__(self, phase: str, done: int, of: int) -> None:
        now = time.monotonic()
        if now < self._next and done != of:
            return
        self._next = now + _REPORT_SECONDS
        if self._cancelled is not None and self._cancelled():
            raise Stopped("the preparation was cancelled; nothing was kept")
        if self._progress is not None:
            self._progress(phase, done, of)
