"""The embedded Redis: bells alone, so it keeps nothing on disk. A private socket, a password, no port."""

import os
import signal
import string
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis, RedisError

from webapp.config.redis import SOCKET, redis_password, redis_url
from webapp.config.sockets import socket_folder
from webapp.config.var import var_folder
from webapp.operations.logs import open_log
from webapp.operations.processes import Seen, dies_with_parent, end, working_in
from webapp.operations.servers.binaries import redis_program

PLAIN = frozenset(f"{string.ascii_letters}{string.digits}/._-".encode())


class RedisRefused(RuntimeError):
    """The embedded Redis did not start; the text says where its log lies."""


@dataclass
class RedisServer:
    """The server of this `var/`."""

    bound: bool = False
    """Whether the server dies with the process that started it."""

    child: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.folder: Path = var_folder("redis")
        self.log: Path = var_folder("logs") / "redis.log"
        self._seen = Seen(self.folder, "redis-server")

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return socket_folder() / SOCKET

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it is down."""
        return self._seen.pid

    def answers(self) -> bool:
        """True when it takes our password and answers a ping."""
        try:
            with Redis.from_url(redis_url(), socket_timeout=5, socket_connect_timeout=5) as redis:
                return bool(redis.ping())
        except (RedisError, OSError):
            return False

    def ensure(self, patience: float = 15.0) -> None:
        """Make the server answer: adopt a living one, else start it. Raises RedisRefused.

        One process at a time may call this for one `var/`.
        """
        if self.answers():
            return
        self.stop()  # one that does not answer within five seconds holds nothing worth waiting for
        self.socket.unlink(missing_ok=True)
        self._start()
        deadline = time.monotonic() + patience
        while not self.answers():
            code = self.reap()
            if code is not None or time.monotonic() > deadline:
                said = (
                    f"ended with code {code}"
                    if code is not None
                    else f"did not answer within {patience:.0f} s"
                )
                raise RedisRefused(f"the embedded Redis {said}; see {self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server; it has nothing to save."""
        end(working_in(self.folder, "redis-server"), signal.SIGTERM, signal.SIGKILL, patience=5)
        self.reap()

    def reap(self) -> int | None:
        """The exit code of the server if this process started it and it has ended."""
        return self.child.poll() if self.child else None

    def _start(self) -> None:
        with open_log(self.log) as log:
            self.child = subprocess.Popen(
                [str(redis_program()), str(self._configuration())],
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent() if self.bound else None,
            )

    def _configuration(self) -> Path:
        """The file with the password, mode 600: a command line could be read by anyone."""
        lines = {
            "port": "0",
            "unixsocket": _quoted(str(self.socket)),
            "unixsocketperm": "700",
            "requirepass": _quoted(redis_password()),
            "dir": _quoted(str(self.folder)),
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "loglevel": "warning",
        }
        path = self.folder / "redis.conf"
        draft = self.folder / "redis.conf.new"
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
        draft.replace(path)
        return path


def _quoted(text: str) -> str:
    """A configuration word with every unusual byte escaped."""
    signs = (chr(byte) if byte in PLAIN else f"\\x{byte:02x}" for byte in os.fsencode(text))
    return f'"{"".join(signs)}"'
