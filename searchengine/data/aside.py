"""A folder that a preparation fills aside, and what becomes of it when the preparation dies."""

from __future__ import annotations

import os
import platform
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder_aside(data_root: Path) -> Iterator[Path]:
    """A new hidden folder in ``data_root``, named for this process; what is still there at the end goes."""
    data_root.mkdir(parents=True, exist_ok=True)
    sweep_abandoned(data_root)
    folder = data_root / f".preparing-{platform.node()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_abandoned(data_root: Path) -> None:
    """Remove what preparations on this machine left behind when they were killed in the middle."""
    for folder in data_root.glob(f".preparing-{platform.node()}-*"):
        owner = folder.name.split("-")[-2]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def sync(folder: Path) -> None:
    """Have everything below ``folder`` on the disk before it is moved to its place."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
