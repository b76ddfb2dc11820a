"""Running one of our own commands as a child that speaks JSON lines, within limits, killable at any time."""

from __future__ import annotations

import os
import resource
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from searchengine.core.jsontext import Json, loads
from webapp.config.var import HOME
from webapp.operations.processes import dies_with_parent

TICK = 0.5
LONGEST_LINE = 4 << 20
LAST_WORDS = 4000


class Ended(NamedTuple):
    """How the child ended. ``reason`` is empty after an ordinary end, else ``cancelled``, ``time`` or
    ``noise``; ``words`` is the end of what it wrote to its error output."""

    code: int
    reason: str
    words: str


def run_lines(
    command: Sequence[str],
    *,
    hear: Callable[[Json], None],
    go_on: Callable[[], bool],
    seconds: float,
    memory_bytes: int,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run ``command`` from the project's folder; ``hear`` gets every JSON object it prints, one a line.

    ``go_on`` is asked every half second; False kills the child and everything it started. ``memory_bytes``
    limits its data, ``seconds`` its wall time. It dies with this thread.
    """
    with tempfile.TemporaryFile() as words:
        child = subprocess.Popen(
            command,
            cwd=HOME,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            start_new_session=True,
            preexec_fn=_limits(memory_bytes),
        )
        try:
            reason = _listen(child, hear, go_on, time.monotonic() + seconds)
        finally:
            _end(child)
        words.seek(max(0, words.seek(0, os.SEEK_END) - LAST_WORDS))
        return Ended(child.returncode, reason, words.read().decode(errors="replace").strip())


def _listen(
    child: subprocess.Popen[bytes], hear: Callable[[Json], None], go_on: Callable[[], bool], deadline: float
) -> str:
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if not go_on():
                return "cancelled"
            if time.monotonic() > deadline:
                return "time"
            if not selector.select(TICK):
                continue
            block = child.stdout.read(1 << 16)
            if not block:
                return ""
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > LONGEST_LINE:
                return "noise"
            for line in lines:
                with suppress(ValueError):  # what is no JSON object is not meant for us
                    value = loads(line)
                    if isinstance(value, dict):
                        hear(value)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Wait for a child that closed its output; kill one that did not, with all it started."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(2.0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _limits(memory_bytes: int) -> Callable[[], None]:
    bind = dies_with_parent()

    def limit() -> None:
        bind()
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        os.nice(5)

    return limit
