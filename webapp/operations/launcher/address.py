"""The address the product listens on, bound once by the launcher and handed to each web process."""

import errno
import socket
from typing import NamedTuple

TRIES = 50


class AddressRefused(RuntimeError):
    """The host or port cannot be listened on; the text says why."""


class Address(NamedTuple):
    """A listening socket. It outlives a web process, so a restart refuses nobody: connections wait."""

    listener: socket.socket
    host: str
    port: int
    wanted: int
    """The port asked for; another one than `port` when it was taken."""

    @property
    def url(self) -> str:
        """What to type into a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host and '[' not in host else host}:{self.port}/"


def listen(host: str, port: int) -> Address:
    """Listen on `port`, or on the next free one when it is taken; 0 means any. Raises AddressRefused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = min(port + TRIES, 65_536) if port else 1
    for candidate in range(port, max(last, port + 1)):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(2048)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                continue
            raise AddressRefused(f"cannot listen on {host} port {candidate}: {error.strerror}") from None
        return Address(listener, host, listener.getsockname()[1], port or listener.getsockname()[1])
    raise AddressRefused(
        f"every port from {port} to {last - 1} is taken on {host}; choose another with --port"
    )
