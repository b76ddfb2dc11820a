"""Real training processes that run the scripted evaluator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from searchengine.jobs.process import TrainingProcess
from tests.engine.jobs.scripted_bench import METHODS, Bench


@pytest.fixture(scope="module")
def scripted_methods() -> Iterator[None]:
    """The scripted method is in the catalogue of processes started from now on, until the file's tests end:
    a search cannot begin with it, so tests of all methods must not meet it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVOSCOPE_METHODS_PATH", str(METHODS))
        yield


@pytest.fixture
def open_process(tmp_path: Path, scripted_methods: None) -> Iterator[Callable[..., Bench]]:
    """Opens processes of the test's own."""
    opened: list[TrainingProcess] = []

    def open_one(**options: Any) -> Bench:
        opened.append(_start(tmp_path, **options))
        return Bench(opened[-1], tmp_path / "attempts")

    yield open_one
    for process in opened:
        process.close()


class _Shared:
    process: TrainingProcess | None = None


@pytest.fixture(scope="module")
def shared_process(scripted_methods: None) -> Iterator[_Shared]:
    shared = _Shared()
    yield shared
    if shared.process is not None:
        shared.process.close()


@pytest.fixture
def bench(
    shared_process: _Shared, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """An idle process, the same for all tests that leave it so: loading torch takes seconds."""
    if shared_process.process is None:
        shared_process.process = _start(tmp_path_factory.mktemp("process"))
    process = shared_process.process
    yield Bench(process, tmp_path / "attempts")
    if not process.alive or process.job is not None:
        process.close()
        shared_process.process = None


def _start(folder: Path, **options: Any) -> TrainingProcess:
    return TrainingProcess(
        store=folder / "store", data_root=folder / "data", scratch=folder / "scratch", **options
    )
