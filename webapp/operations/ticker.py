"""The steward's clock: calls the sweep every few seconds beside the tasks it steps."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)


class Ticker:
    """Calls `action` every `seconds`, in a thread of its own, for as long as the process lives.

    An error is logged and the next round comes all the same: the database may be away for a while.
    """

    def __init__(self, action: Callable[[], object], seconds: float) -> None:
        self._action = action
        self._seconds = seconds
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin; the first call comes at once."""
        self._thread.start()

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            try:
                close_old_connections()
                self._action()
            except Exception:
                logger.exception("the sweep failed; the next one comes in %.1f s", self._seconds)
                connections.close_all()
            time.sleep(max(0.0, self._seconds - (time.monotonic() - began)))
