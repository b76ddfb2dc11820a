"""Using the embedded servers together: whoever comes first starts them, whoever leaves last stops them.

Every process that uses them holds a shared lock on `var/run/servers.use`. The kernel takes the lock
back however a process ends, so no count can go wrong. A server that lost all its users by a kill -9
lives on, and the next user adopts it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from webapp.config import database
from webapp.config import redis as redis_config
from webapp.config.sockets import forget_sockets
from webapp.config.var import var_folder
from webapp.operations.servers.postgres import Postgres
from webapp.operations.servers.redis import RedisServer


class Servers:
    """The embedded servers this `var/` needs: none, one or both."""

    def __init__(self, *, fast: bool = False, bound: bool = False) -> None:
        self.postgres = Postgres(fast=fast, bound=bound) if database.embedded() else None
        self.redis = RedisServer(bound=bound) if redis_config.embedded() else None
        self._use = var_folder("run") / "servers.use"
        self._starting = var_folder("run") / "servers.starting"
        self._lock: int | None = None

    def take(self, *, redis: bool = True) -> None:
        """Use them from now on; start what is down. Raises PostgresRefused, RedisRefused."""
        self._lock = _opened(self._use)
        fcntl.flock(self._lock, fcntl.LOCK_SH)  # waits while the last user before us stops them
        self.ensure(redis=redis)

    def ensure(self, *, redis: bool = True) -> None:
        """Start what is down; one process at a time."""
        handle = _opened(self._starting)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if self.postgres:
                self.postgres.ensure()
            if self.redis and redis:
                self.redis.ensure()
        finally:
            os.close(handle)

    def leave(self) -> bool:
        """Use them no longer; stop them when nobody else does. True when they are stopped."""
        if self._lock is None:
            return True
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            self.stop()
            forget_sockets()
            return True
        finally:
            os.close(self._lock)
            self._lock = None

    def dead(self) -> list[str]:
        """The names of the servers that ought to run and do not."""
        return [name for name, pid in self.pids().items() if pid is None]

    def pids(self) -> dict[str, int | None]:
        """The process id of each embedded server, None for one that is down."""
        servers = {"postgres": self.postgres, "redis": self.redis}
        return {name: server.pid for name, server in servers.items() if server}

    def stop(self) -> None:
        """Stop both, used or not."""
        if self.redis:
            self.redis.stop()
        if self.postgres:
            self.postgres.stop()


@contextmanager
def servers_in_use(*, redis: bool = True) -> Iterator[Servers]:
    """The servers for the length of a block; Redis only when asked for or already there."""
    servers = Servers()
    servers.take(redis=redis)
    try:
        yield servers
    finally:
        with suppress(OSError):
            servers.leave()


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
