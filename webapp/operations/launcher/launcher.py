"""The launcher: servers first, then the processes of the product; what dies is started again."""

import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any

from webapp.config.var import var_folder
from webapp.operations.launcher.address import Address
from webapp.operations.launcher.child import Child
from webapp.operations.launcher.status import Status
from webapp.operations.launcher.terminal import Terminal
from webapp.operations.servers.postgres import PostgresRefused
from webapp.operations.servers.redis import RedisRefused
from webapp.operations.servers.use import Servers

END_SECONDS = 10.0
"""How long children may take to give back their work before they are killed."""

SERVERS_EVERY = 0.5


class Launcher:
    """Holds the children. All happens in the thread that makes it: the kernel ends children with it."""

    def __init__(self, terminal: Terminal, servers: Servers, status: Status | None = None) -> None:
        self.terminal = terminal
        self.servers = servers
        self.status = status
        self.children: list[Child] = []
        self.address: Address | None = None
        self.asked_to_end = 0
        self._servers_due = 0.0
        self._said: dict[str, Any] = {}
        self._bell, bell = os.pipe()
        os.set_blocking(bell, False)
        os.set_blocking(self._bell, False)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._end_asked)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a child's death rings the bell

    def add(
        self,
        role: str,
        *command: str,
        descriptors: tuple[int, ...] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        """A child to be kept alive from now on."""
        log = var_folder("logs") / f"{role}.log"
        self.children.append(Child(role, list(command), log, descriptors, environment or {}))

    def run(self, until: Callable[[], bool] = lambda: False, every: float = 1.0) -> bool:
        """Watch until asked to end, or until `until` is True, which is asked every `every` seconds.

        True in the latter case.
        """
        due = 0.0
        while not self.asked_to_end:
            self.watch()
            if time.monotonic() >= due:
                if until():
                    return True
                due = time.monotonic() + every
            self._wait(0.25)
        return False

    def watch(self) -> None:
        """One round: servers, children, status."""
        self._watch_servers()
        for child in self.children:
            if said := child.watch():
                self.terminal.say(f"  {said}")
        self._tell()

    def end(self) -> None:
        """End every child, then the servers if nobody else uses them. Asked twice, it kills at once."""
        patience = END_SECONDS if self.asked_to_end < 2 else 0.0
        for child in self.children:
            child.ask_to_end()
        deadline = time.monotonic() + patience
        while self.asked_to_end < 2 and time.monotonic() < deadline:
            if all(child.pid is None for child in self.children):
                break
            self._wait(0.1)
        for child in self.children:
            if not child.end_by(time.monotonic()):
                self.terminal.say(f"  {child.role} did not end by itself and was killed")
        if not self.servers.leave():
            self.terminal.say("  the embedded servers stay up: another command uses them and will stop them")
        if self.address:
            self.address.listener.close()
        if self.status:
            self.status.leave()

    def _watch_servers(self) -> None:
        """Start a dead server again. Clients connect anew by themselves."""
        if time.monotonic() < self._servers_due:
            return
        dead = self.servers.dead()
        if dead:
            self.terminal.say(f"  {' and '.join(dead)} died; starting again")
            try:
                self.servers.ensure()
            except (PostgresRefused, RedisRefused) as refusal:
                self.terminal.say(f"  {refusal}")
                self._servers_due = time.monotonic() + 5
                return
        self._servers_due = time.monotonic() + SERVERS_EVERY

    def _tell(self) -> None:
        if self.status is None:
            return
        pids = {child.role: child.pid for child in self.children} | self.servers.pids()
        said = {"pid": os.getpid(), "address": self.address.url if self.address else "", "processes": pids}
        if said != self._said:
            self.status.write(said)
            self._said = said

    def _wait(self, seconds: float) -> None:
        """Sleep, but wake at once for a signal or a child's death."""
        if select.select([self._bell], [], [], seconds)[0]:
            os.read(self._bell, 4096)

    def _end_asked(self, *_: object) -> None:
        self.asked_to_end += 1
