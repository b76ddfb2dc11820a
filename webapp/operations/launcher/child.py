"""One process of the product: started, watched, started again when it dies, ended."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from webapp.config.var import HOME
from webapp.operations.logs import open_log
from webapp.operations.processes import dies_with_parent

SHORTEST_WAIT = 0.2
LONGEST_WAIT = 30.0
HEALTHY_AFTER = 20.0
"""Seconds a process must live before its next death counts as the first again."""


@dataclass
class Child:
    """`role` names it (web, slot-1, steward, preparer); `command` is what `manage.py` runs."""

    role: str
    command: list[str]
    log: Path
    descriptors: tuple[int, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    wait: float = SHORTEST_WAIT
    due: float = 0.0
    """When it is to be started again, by the monotonic clock."""

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self.process.pid if self.process and self.process.poll() is None else None

    def start(self) -> None:
        """Start it, bound to our life, in a session of its own, so that Ctrl-C reaches the launcher alone."""
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                [sys.executable, str(HOME / "manage.py"), *self.command],
                cwd=HOME,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self.descriptors,
                preexec_fn=dies_with_parent(),
            )
        self.started = time.monotonic()

    def watch(self) -> str | None:
        """Start it when it is due; a sentence when its death was found, else None."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        if now - self.started > HEALTHY_AFTER:
            self.wait = SHORTEST_WAIT
        self.process, self.due, wait = None, now + self.wait, self.wait
        self.wait = min(self.wait * 2, LONGEST_WAIT)
        return f"{self.role} {ending(code)}; starting it again in {wait:.1f} s (log: {self.log})"

    def ask_to_end(self) -> None:
        """SIGTERM: finish or give back what is in hand, and leave."""
        self._send(signal.SIGTERM)

    def end_by(self, deadline: float) -> bool:
        """Wait for its end until `deadline` (monotonic), then kill its session. True if it went by itself."""
        if self.process is None:
            return True
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
            return True
        except subprocess.TimeoutExpired:
            self._send(signal.SIGKILL, group=True)
            self.process.wait()
            return False

    def _send(self, sign: signal.Signals, *, group: bool = False) -> None:
        pid = self.pid
        if pid is None:
            return
        try:  # asked for its id once: after the first signal it may have ended, but nobody else has reaped it
            (os.killpg if group else os.kill)(pid, sign)
            os.kill(pid, signal.SIGCONT)  # a stopped process would never hear it
        except ProcessLookupError:
            return


def ending(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
