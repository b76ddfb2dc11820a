"""The built-in data sets, prepared once a test run."""

import fcntl
import os
from pathlib import Path

import pytest

from searchengine.data.builtin import BUILTIN
from searchengine.data.prepare import prepare


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder of prepared sets that parallel test processes share; empty at first."""
    base = factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built-in-data"
    root.mkdir(exist_ok=True)
    return root


def prepare_all(root: Path) -> None:
    """Prepare every built-in set in ``root``; of processes that come at once, one does it."""
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in BUILTIN:
            prepare(name, root)
