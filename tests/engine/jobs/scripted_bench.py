"""A training process and a place for its attempts, for tests that drive real ones."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any, TypeVar

from searchengine.core.jobs import Job
from searchengine.core.setting import DataSummary, Fidelity
from searchengine.jobs.process import Message, TrainingProcess

Wanted = TypeVar("Wanted", bound=Message)
METHODS = Path(__file__).parent / "methods"
SUMMARY = DataSummary("none", "None", "0" * 32, "images", (1, 8, 8), ("a", "b"), {"train": 2}).to_json()


def job(kind: str, number: int = 0, subjects: tuple[int, ...] = (0,), seed: int = 1, **arguments: Any) -> Job:
    return Job(
        number=number,
        evaluator="scripted",
        kind=kind,
        subjects=subjects,
        genomes={one: {} for one in subjects},
        seed=seed,
        fidelity=Fidelity(),
        arguments=arguments,
        inputs={},
        recipe={},
        cost=1.0,
        phase="search",
        protocol="p",
    )


class Bench:
    """A training process and a place for its attempts."""

    def __init__(self, process: TrainingProcess, folder: Path) -> None:
        self.process, self.folder = process, folder
        self._told: deque[Message] = deque()

    def start(self, kind: str, number: int = 0, **arguments: Any) -> None:
        """Start a job of that kind; equal numbers share one folder of attempts."""
        self.process.start(job(kind, number, **arguments), "0" * 32, self.folder / str(number), SUMMARY)

    def until(self, kind: type[Wanted], seconds: float = 60.0) -> Wanted:
        """The next message of that kind; what came before it is passed over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            while self._told:
                message = self._told.popleft()
                if isinstance(message, kind):
                    return message
            self._told += self.process.messages(0.5)
        raise AssertionError(f"no {kind.__name__} in {seconds} s; log: {self.process.log}")

    def until_ready(self) -> None:
        """Wait until torch is loaded and the process waits for jobs."""
        deadline = time.monotonic() + 60
        while self.process.about is None:
            assert time.monotonic() < deadline, self.process.log
            self.process.messages(0.1)
