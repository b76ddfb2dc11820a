"""One training process: a child of our own that loads torch once and then runs job after job.

It lives in its own session, dies with its parent, has one torch thread and a memory limit. The parent never
blocks on it: whatever it does, ``messages`` returns in time.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import searchengine
from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json
from searchengine.jobs import procfs
from searchengine.jobs.attempt import note_out_of_memory
from searchengine.jobs.messages import (
    Checkpointed,
    Died,
    Finished,
    Message,
    Progress,
    Ready,
    Stopped,
    line,
    parse_message,
)

__all__ = ["Checkpointed", "Died", "Finished", "Message", "Progress", "Ready", "Stopped", "TrainingProcess"]

CHECKPOINT_SECONDS = 15.0
_LOG_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024
_WATCH_SECONDS = 0.05
_CLOSE_SECONDS = 2.0


class TrainingProcess:
    """A subprocess ``python -m searchengine.training.process``, started at once; one job at a time.

    ``store`` and ``data_root`` are the folders of artifacts and prepared sets; ``scratch`` takes its
    temporary files; ``memory_bytes`` limits memory of its own (None: no limit); ``device`` is a torch
    device's name; ``checkpoint_seconds`` is the least time between checkpoints. Make it in a thread that
    lives as long as the process may: the kernel ends it with that thread.
    """

    def __init__(
        self,
        *,
        store: Path,
        data_root: Path,
        scratch: Path,
        memory_bytes: int | None = None,
        device: str = "cpu",
        checkpoint_seconds: float | None = None,
    ) -> None:
        self._memory_bytes = memory_bytes
        self._job: Job | None = None
        self._attempt_dir: Path | None = None
        self._ended: Died | None = None
        self._doomed: str | None = None  # why we expect it to die
        self._incoming, self._outgoing, self._log = bytearray(), bytearray(), bytearray()
        self._peak, self._next_watch = 0, 0.0
        self.about: Json | None = None
        if checkpoint_seconds is None:
            checkpoint_seconds = float(os.environ.get("EVOSCOPE_CHECKPOINT_SECONDS") or CHECKPOINT_SECONDS)
        scratch.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [
                    sys.executable, "-m", "searchengine.training.process",
                    "--socket", str(theirs.fileno()), "--parent", str(os.getpid()),
                    "--store", str(store.absolute()), "--data-root", str(data_root.absolute()),
                    "--device", device, "--checkpoint-seconds", str(checkpoint_seconds),
                    *(["--memory-bytes", str(memory_bytes)] if memory_bytes else []),
                ],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, env=_environment(scratch), start_new_session=True,
            )  # fmt: skip
        assert self._child.stdout is not None
        self._socket, self._output = ours, self._child.stdout
        self._socket.setblocking(False)
        os.set_blocking(self._output.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ, self._read_messages)
        self._selector.register(self._output, selectors.EVENT_READ, self._read_log)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def job(self) -> Job | None:
        """The job that runs now."""
        return self._job

    @property
    def alive(self) -> bool:
        """Whether jobs can be started; False once ``Died`` was told."""
        return self._ended is None

    @property
    def log(self) -> str:
        """The end of what the process wrote to its output, at most 64 KB."""
        return self._log.decode(errors="replace")

    def start(self, job: Job, data: str, attempt_dir: Path, data_summary: Json) -> None:
        """Begin ``job`` on the prepared set with fingerprint ``data``. ``attempt_dir`` holds its checkpoints:
        the same folder again goes on where the last attempt was. Raises ``RuntimeError`` when a job runs or
        the process is gone."""
        if self._job is not None:
            raise RuntimeError(
                f"this process runs job {self._job.number}; wait for its end before starting {job.number}"
            )
        if self._ended is not None:
            raise RuntimeError(
                f"this process has died ({self._ended.reason}); make a new one for job {job.number}"
            )
        self._job, self._attempt_dir = job, attempt_dir
        self._send(
            {
                "do": "start",
                "job": job.to_json(),
                "data": data,
                "attempt_dir": str(attempt_dir.absolute()),
                "summary": data_summary,
            }
        )

    def stop(self) -> None:
        """Ask the running job to checkpoint and give back; it answers ``Stopped``, or ``Finished`` if it was
        faster. Nothing happens when no job runs."""
        if self._job is not None:
            self._send({"do": "stop", "job": self._job.number})

    def kill(self) -> None:
        """End the process now, with everything it started; ``messages`` then tells ``Died``."""
        self._end("killed")

    def fileno(self) -> int:
        """A descriptor for ``select``: readable when ``messages`` has work to do."""
        return self._selector.fileno()

    def messages(self, timeout: float) -> list[Message]:
        """What the process said, in order, as soon as there is anything, at the latest after ``timeout``
        seconds (0: at once). ``Died`` comes once, last; after it nothing comes. Memory is watched inside this
        call."""
        found: list[Message] = []
        deadline = time.monotonic() + timeout
        while not found and self._ended is None:
            self._watch_memory()
            left = deadline - time.monotonic()
            for key, events in self._selector.select(max(0.0, min(left, _WATCH_SECONDS))):
                if self._ended is not None:
                    break  # the log's end was taken with the process
                if events & selectors.EVENT_WRITE:
                    self._flush()
                if events & selectors.EVENT_READ:
                    read: Callable[[list[Message]], None] = key.data
                    read(found)
            if left <= 0:
                break
        return found

    def cpu_seconds(self) -> float:
        """CPU time the process has used so far, in seconds; 0 once it is gone."""
        return procfs.cpu_seconds(self.pid) or 0.0

    def peak_rss(self) -> int:
        """The most memory ever resident, in bytes, as last seen."""
        self._next_watch = 0.0
        self._watch_memory()
        return self._peak

    def close(self) -> None:
        """End the process, politely for two seconds when it is idle, and free everything. Never raises; may
        be called twice."""
        if self._ended is None:
            if self._job is None:
                self._doomed = "closed"
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_WR)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._child.wait(_CLOSE_SECONDS)
            self._end("closed")
            self._bury()
        self._selector.close()
        self._socket.close()
        self._output.close()

    def __enter__(self) -> TrainingProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, value: Json) -> None:
        self._outgoing += line(value)
        self._flush()

    def _flush(self) -> None:
        try:
            while self._outgoing:
                del self._outgoing[: self._socket.send(self._outgoing)]
        except BlockingIOError:
            pass
        except OSError:
            self._outgoing.clear()  # the process is gone: reading finds out and says why
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outgoing else 0)
        with contextlib.suppress(KeyError):
            if self._selector.get_key(self._socket).events != wanted:
                self._selector.modify(self._socket, wanted, self._read_messages)

    def _read_messages(self, found: list[Message]) -> None:
        try:
            block = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            block = b""
        if not block:
            found.append(self._bury())
            return
        self._incoming += block
        *lines, rest = self._incoming.split(b"\n")
        self._incoming = rest
        for text in lines:
            try:
                message = parse_message(bytes(text))
            except (ValueError, KeyError, TypeError) as error:
                self._log += f"\nunreadable message: {error}".encode()
                self._end("protocol")
                found.append(self._bury())
                return
            if isinstance(message, tuple):
                self._doomed = message[0]
                self._log += f"\n{message[1]}".encode()
                continue
            if isinstance(message, Ready):
                self.about = message.about
                continue
            if isinstance(message, Finished | Stopped):
                self._job = None
            found.append(message)

    def _read_log(self, found: list[Message]) -> None:
        self._take_log()

    def _take_log(self) -> bool:
        """Read a block of the process's output; False when there is none now."""
        try:
            block = os.read(self._output.fileno(), _READ_BYTES)
        except BlockingIOError:
            return False
        if not block:
            self._selector.unregister(self._output)
            return False
        self._log += block
        if len(self._log) > _LOG_BYTES:
            del self._log[:-_LOG_BYTES]
        return True

    def _watch_memory(self) -> None:
        now = time.monotonic()
        if now < self._next_watch or self._ended is not None:
            return
        self._next_watch = now + _WATCH_SECONDS
        memory = procfs.memory(self.pid)
        if memory is None:
            return
        self._peak = max(self._peak, memory.peak)
        if self._memory_bytes is not None and memory.own > self._memory_bytes:
            self._end("out_of_memory")

    def _end(self, reason: str) -> None:
        if self._doomed is None or reason == "killed":
            self._doomed = reason
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # Its own session is its own group: what it started goes with it.
            os.killpg(self.pid, signal.SIGKILL)

    def _bury(self) -> Died:
        """Collect the dead process, its last words and its reason. A process that closed its socket and lives
        on is ended."""
        try:
            returncode = self._child.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._end("protocol")
            returncode = self._child.wait()
        with contextlib.suppress(KeyError):
            self._selector.unregister(self._socket)
        while self._output in self._selector.get_map() and self._take_log():
            pass
        by_signal = -returncode if returncode < 0 else None
        reason = self._doomed or ("signal" if by_signal else "exit")
        self._ended = Died(returncode, by_signal, self._peak, reason, self.log)
        if reason == "out_of_memory" and self._job is not None and self._attempt_dir is not None:
            note_out_of_memory(self._attempt_dir, self._peak)
        self._job = None
        return self._ended


def _environment(scratch: Path) -> dict[str, str]:
    """One thread for every numeric library, our own package found from any working directory, temporary files
    in ``scratch``."""
    root = str(Path(searchengine.__file__).resolve().parents[1])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {
        **os.environ,
        **threads,
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(scratch.absolute()),
    }
