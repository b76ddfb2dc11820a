"""What a running launcher says of itself in `var/run/launcher.json`, and the lock that proves it runs."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from webapp.config.var import var_folder


class Status:
    """The launcher of this `var/`: at most one at a time. The kernel drops the lock however it ends."""

    def __init__(self) -> None:
        self.path: Path = var_folder("run") / "launcher.json"
        self._lock: int | None = None

    def claim(self) -> bool:
        """True when no launcher runs on this `var/`, and now we do."""
        handle = os.open(var_folder("run") / "launcher.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._lock = handle
        return True

    def read(self) -> dict[str, Any]:
        """What the running launcher wrote last; empty while it only begins."""
        try:
            said: dict[str, Any] = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return said

    def write(self, said: dict[str, Any]) -> None:
        """Replace what is said, in one move."""
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(said))
        draft.replace(self.path)

    def leave(self) -> None:
        """Say nothing more."""
        self.path.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
