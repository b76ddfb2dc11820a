"""The built-in data sets, prepared once a test run."""

import fcntl
import os
from pathlib import Path

import pytest

from searchengine.data.builtin import BUILTIN
from searchengine.data.prepare import prepare


def prepared_built_ins(factory: pytest.TempPathFactory) -> Path:
    """The folder they lie in, to be copied and never written to; parallel test processes share one."""
    base = factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built-in-data"
    root.mkdir(exist_ok=True)
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in BUILTIN:
            prepare(name, root)
    return root
