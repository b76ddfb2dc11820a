"""Real training processes that run the scripted evaluator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.jobs.scripted_bench import METHODS, Bench

from searchengine.jobs.process import TrainingProcess


@pytest.fixture
def open_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bench]]:
    monkeypatch.setenv("EVOSCOPE_METHODS_PATH", str(METHODS))
    opened: list[TrainingProcess] = []

    def open_one(**options: Any) -> Bench:
        process = TrainingProcess(
            store=tmp_path / "store", data_root=tmp_path / "data", scratch=tmp_path / "scratch", **options
        )
        opened.append(process)
        return Bench(process, tmp_path / "attempts")

    yield open_one
    for process in opened:
        process.close()


@pytest.fixture
def bench(open_process: Callable[..., Bench]) -> Bench:
    return open_process()
