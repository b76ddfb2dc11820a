"""The whole product as fixtures. Leases, sweeps and deadlines are those of `tests/conftest.py`."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.stack import Stack


@pytest.fixture(scope="session")
def live_root() -> Iterator[Path]:
    """A short folder for every stack's `var/`."""
    root = Path(tempfile.mkdtemp(prefix="ev-live-"))
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def live_stack(live_root: Path) -> Iterator[Stack]:
    """A running product that began with nothing, shared by the tests of one file: web, steward, preparer and
    one slot."""
    stack = Stack(Path(tempfile.mkdtemp(dir=live_root)) / "var")
    try:
        yield stack.start()
        stack.end()
    finally:
        stack.clear()


@pytest.fixture
def new_stack(live_root: Path, prepared_data: Path) -> Iterator[Callable[..., Stack]]:
    """Makes stacks that are not started yet, for tests that end badly on purpose; cleared after the test.
    `start` lays prepared data before them."""
    made: list[Stack] = []

    def make(var: Path | None = None, *, slots: int = 1, **environment: str) -> Stack:
        var = var or Path(tempfile.mkdtemp(dir=live_root)) / "var"
        made.append(Stack(var, slots=slots, data=prepared_data, **environment))
        return made[-1]

    yield make
    for stack in made:
        stack.clear()
