"""The progress of a run on a terminal, or line by line where there is none."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from searchengine.driver.control import planned_evaluations
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import Doing

_WIDTH = 24
_TERMINAL_SECONDS = 0.2
_PLAIN_SECONDS = 10.0


class Bar:
    """Called with the run's folder and what the workers do; writes to standard error."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._terminal = self._out.isatty()
        self._next = 0.0
        self._began = time.monotonic()
        self._first: int | None = None

    def __call__(self, folder: RunFolder, doing: list[Doing]) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_TERMINAL_SECONDS if self._terminal else _PLAIN_SECONDS)
        self._write(self.line(folder, doing, now))

    def end(self, folder: RunFolder) -> None:
        """The last line, with a line break."""
        self._write(self.line(folder, [], time.monotonic()))
        if self._terminal:
            print(file=self._out, flush=True)

    def line(self, folder: RunFolder, doing: list[Doing], now: float) -> str:
        told = int(folder.progress.get("evaluations", 0))
        by_cost = folder.plan.budget.cost
        planned = planned_evaluations(folder.plan) if by_cost is None else None
        if self._first is None:
            self._first = told
        parts = [f"{told}/{max(planned, told)} evaluations" if planned else f"{told} evaluations"]
        if folder.progress.get("reused"):
            parts.append(f"{folder.progress['reused']} answered from history")
        best = folder.archive.best(1)
        if best:
            parts.append(f"best {best[0].fitness:.4f} (#{best[0].number})")
        if folder.progress.get("failed"):
            parts.append(f"{folder.progress['failed']} failed")
        if any(one.job.phase == "final" for one in doing):
            parts.append("final training")
        if doing:
            parts.append("training " + " ".join(f"{100 * one.step // max(one.of, 1)}%" for one in doing))
        parts.append(_clock(folder.elapsed))
        done = told - self._first
        if planned and doing and done >= 3 and told < planned:
            parts.append(f"about {_clock((now - self._began) / done * (planned - told))} left")
        share = told / planned if planned else folder.progress.get("cost", 0.0) / by_cost if by_cost else 0.0
        filled = int(_WIDTH * min(1.0, share))
        return f"[{'#' * filled}{'-' * (_WIDTH - filled)}] " + " · ".join(parts)

    def _write(self, line: str) -> None:
        if self._terminal:
            print(f"\r\033[K{line}", end="", file=self._out, flush=True)
        else:
            print(line, file=self._out, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
