"""Artifacts by content: a file is named by the SHA-256 of its bytes, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from searchengine.core.errors import EngineError

_BLOCK = 1 << 20


class MissingArtifact(EngineError, KeyError):
    """An artifact is not in the store: never put, or discarded."""

    def __str__(self) -> str:
        return str(self.args[0])


class DamagedArtifact(EngineError, OSError):
    """An artifact's bytes no longer give its name: the disk or somebody changed it."""


class Store:
    """A folder of artifacts, ``<root>/<first two digits>/<sha256>``; shared by any number of processes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: BinaryIO | bytes | Path) -> str:
        """Store bytes, a stream or a file's content; its SHA-256. Atomic (written aside, synced, renamed):
        after a return the artifact survives a power cut, after a failure nothing is left. Equal content is
        stored once."""
        if isinstance(content, Path):
            with content.open("rb") as file:
                return self.put(file)
        stream = BytesIO(content) if isinstance(content, bytes) else content
        aside = self.root / ".aside"
        aside.mkdir(parents=True, exist_ok=True)
        temporary = aside / f"{os.getpid()}-{uuid.uuid4().hex}"
        digest = hashlib.sha256()
        try:
            with temporary.open("xb") as file:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            sha256 = digest.hexdigest()
            target = self._place(sha256)
            target.parent.mkdir(exist_ok=True)
            temporary.replace(target)
            sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return sha256

    def path(self, sha256: str, *, check: bool = False) -> Path:
        """Where an artifact lies. Raises ``MissingArtifact``; with ``check`` its bytes are read, and
        ``DamagedArtifact`` is raised (and the file put aside) when they do not give its name."""
        place = self._place(sha256)
        if not place.is_file():
            raise MissingArtifact(f"artifact {sha256[:12]}… is not in the store {self.root}")
        if check:
            with place.open("rb") as file:
                came = hashlib.file_digest(file, "sha256").hexdigest()
            if came != sha256:
                place.replace(place.with_suffix(".damaged"))
                raise DamagedArtifact(
                    f"artifact {sha256[:12]}… was changed on disk: its bytes now give {came[:12]}…"
                )
        return place

    def has(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def discard(self, sha256: str) -> None:
        """Forget an artifact; no error when it is not there."""
        self._place(sha256).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Free space on the store's disk."""
        self.root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.root).free

    def _place(self, sha256: str) -> Path:
        # Names reach here from rows and messages; anything but a hash could leave the folder.
        if len(sha256) != 64 or any(sign not in "0123456789abcdef" for sign in sha256):
            raise MissingArtifact(f"an artifact is named by 64 hexadecimal digits, got {sha256[:80]!r}")
        return self.root / sha256[:2] / sha256


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
