"""Files that survive a kill at any moment: whole or not there, and line by line."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from searchengine.core.errors import EngineError
from searchengine.core.jsontext import Json, JsonValue, dumps, loads


class FolderInUse(EngineError):
    """Another process runs in that folder."""


def write_whole(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one move: a reader or a restart sees the old file or the new one."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Lines:
    """JSON lines, only ever added at the end. ``length`` is the file's size in bytes after the last line
    added."""

    def __init__(self, path: Path, *, keep: int | None = None) -> None:
        """``keep`` cuts the file to so many bytes first: what an interrupted step had written beyond them."""
        self._path = path
        self._file = path.open("ab")
        if keep is not None:
            self._file.truncate(keep)
        elif self._file.tell():
            self._cut_torn_line()
        self._file.seek(0, os.SEEK_END)

    @property
    def length(self) -> int:
        return self._file.tell()

    def add(self, rows: Iterable[JsonValue], *, durable: bool = True) -> None:
        """Add rows; when ``durable`` they survive a power cut once this returns."""
        text = "".join(dumps(row) + "\n" for row in rows).encode()
        if not text:
            return
        self._file.write(text)
        self._file.flush()
        if durable:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _cut_torn_line(self) -> None:
        whole = self._path.read_bytes()
        if not whole.endswith(b"\n"):
            self._file.truncate(whole.rfind(b"\n") + 1)


def read_lines(path: Path, *, first: int | None = None) -> Iterator[Json]:
    """Every whole line of a file of JSON lines, or of its ``first`` bytes; a torn last line is left out."""
    if not path.exists():
        return
    read = 0
    with path.open("rb") as file:
        for line in file:
            read += len(line)
            if first is not None and read > first:
                return
            if line.endswith(b"\n"):
                yield loads(line)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for this process. Raises ``FolderInUse`` when another one does. The kernel frees it
    when this process ends in whatever way."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(
                f"another process runs in {folder}; wait for it or choose another folder"
            ) from None
        yield
