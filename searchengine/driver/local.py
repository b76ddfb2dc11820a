"""The local loop: training processes on this machine feed the step until the search has ended.

Whatever ends this program, the folder holds a state to go on from: finished results are kept before they are
told, a step is stored at once or not at all, and long jobs go on from their checkpoints.
"""

from __future__ import annotations

import selectors
import shutil
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from searchengine.core.errors import EngineError
from searchengine.core.jobs import Failure, Job, Result, Score
from searchengine.driver.folder import RunFolder
from searchengine.driver.quiet import Quiet
from searchengine.driver.step import step
from searchengine.jobs.messages import Checkpointed, Died, Finished, Message, Progress, Stopped
from searchengine.jobs.process import TrainingProcess
from searchengine.jobs.store import Store

MOST_ATTEMPTS = 5
HANG_SECONDS = 300.0
ARTIFACT_SECONDS = 3600.0
_MOST_HANGS = 2
_LONGEST_WAIT = 0.25
_STOP_SECONDS = 20.0


class RunBroken(EngineError):
    """A bug of ours or an environment without a working torch stopped the run; it can be resumed when
    mended."""


class Worker(Protocol):
    """What the loop needs of a training process: see ``searchengine.jobs.process.TrainingProcess``."""

    about: dict[str, object] | None

    @property
    def pid(self) -> int: ...
    def fileno(self) -> int: ...
    def start(self, job: Job, data: str, attempt_dir: Path, data_summary: dict[str, object]) -> None: ...
    def messages(self, timeout: float) -> list[Message]: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


class Doing(NamedTuple):
    """One worker's job as an observer sees it: steps done of how many, last metrics."""

    worker: int
    job: Job
    step: int
    of: int
    metrics: dict[str, float]


@dataclass
class _Lane:
    """One worker's place: its process, its job, and what is known of the attempt."""

    number: int
    process: Worker
    job: Job | None = None
    attempt: int = 1
    progress: Progress | None = None
    checkpointed: bool = False
    quiet: Quiet | None = None  # since the job began, once the process had loaded
    hung: bool = False


class LocalRun:
    """Runs one folder's search with ``workers`` training processes.

    ``observe`` is called a few times a second with the folder and what the workers do. ``data_root`` holds
    the prepared sets. Jobs start in job order, results are told in job order, so history does not depend on
    ``workers``. A budget in seconds counts wall time over all sessions.
    """

    def __init__(
        self,
        folder: RunFolder,
        *,
        workers: int,
        data_root: Path,
        device: str = "cpu",
        memory_bytes: int | None = None,
        hang_seconds: float = HANG_SECONDS,
        observe: Callable[[RunFolder, list[Doing]], None] = lambda folder, doing: None,
    ) -> None:
        self._folder = folder
        self._data_root, self._device, self._memory_bytes = data_root, device, memory_bytes
        self._hang_seconds = hang_seconds
        self._observe = observe
        self._workers = workers
        self._lanes: list[_Lane] = []
        self._lost: dict[int, int] = {}  # job → attempts that checkpointed nothing new
        self._hangs: dict[int, int] = {}
        self._began = time.monotonic() - folder.elapsed
        self._selector = selectors.DefaultSelector()
        self._store = Store(folder.artifacts)
        self._keep: frozenset[str] = frozenset()
        self._artifacts: deque[tuple[float, str]] = deque()  # (told at, sha256), oldest first

    @property
    def elapsed(self) -> float:
        """Seconds of wall time this run has had, earlier sessions included."""
        return time.monotonic() - self._began

    def run(self) -> None:
        """To the end of the search. Raises ``RunBroken``; a ``KeyboardInterrupt`` gives every job the time to
        checkpoint first."""
        if self._folder.finished:
            self._folder.write_lineage(now=True)
            return
        try:
            self._take_step()
            while not self._folder.finished:
                self._start_jobs()
                self._wait()
                self._take_step()
        except KeyboardInterrupt:
            self._give_back()
            raise
        finally:
            for lane in self._lanes:
                lane.process.close()
            self._selector.close()
            self._folder.write_lineage(now=True)

    def _take_step(self) -> None:
        """Steps as long as they change anything: told results, births, a finished run."""
        folder = self._folder
        plan, told_all = folder.plan, False
        while not folder.finished and not told_all:
            limit = plan.budget.seconds
            closing = limit is not None and self.elapsed >= limit and folder.progress.get("closing") is None
            first = not folder.progress
            if not (first or closing or self._next_is_ready()):
                break
            taken = step(plan, folder.state, folder.ready, folder.archive, closing=closing)
            folder.commit(taken, self.elapsed)
            for telling in taken.told:
                shutil.rmtree(folder.attempt(telling.job), ignore_errors=True)
                self._artifacts += [(self.elapsed, sha) for sha in telling.report.artifacts.values()]
            self._keep = taken.keep
            told_all = not taken.told
        self._discard_old_artifacts()
        folder.write_lineage()

    def _discard_old_artifacts(self) -> None:
        """What the search no longer needs stays for an hour, so that a person can still export it."""
        while self._artifacts and self.elapsed - self._artifacts[0][0] > ARTIFACT_SECONDS:
            _, sha256 = self._artifacts.popleft()
            if sha256 in self._keep:
                self._artifacts.append((self.elapsed, sha256))  # looked at again in an hour
            else:
                self._store.discard(sha256)

    def _next_is_ready(self) -> bool:
        untold = [*self._folder.pending, *self._folder.ready]
        return bool(self._folder.ready) and min(untold) in self._folder.ready

    def _start_jobs(self) -> None:
        running = {lane.job.number for lane in self._lanes if lane.job is not None}
        for number in sorted(self._folder.pending):
            if number in running:
                continue
            lane = self._idle_lane()
            if lane is None:
                return
            self._start(lane, self._folder.pending[number])

    def _idle_lane(self) -> _Lane | None:
        for lane in self._lanes:
            if lane.job is None:
                return lane
        if len(self._lanes) >= self._workers:
            return None
        lane = _Lane(len(self._lanes), self._new_process(len(self._lanes)))
        self._lanes.append(lane)
        return lane

    def _new_process(self, number: int) -> TrainingProcess:
        process = TrainingProcess(
            store=self._folder.artifacts,
            data_root=self._data_root,
            scratch=self._folder.path / "scratch" / str(number),
            memory_bytes=self._memory_bytes,
            device=self._device,
        )
        self._selector.register(process.fileno(), selectors.EVENT_READ, number)
        return process

    def _start(self, lane: _Lane, job: Job) -> None:
        data = self._folder.plan.data
        lane.job, lane.progress, lane.checkpointed, lane.quiet, lane.hung = job, None, False, None, False
        lane.attempt = self._lost.get(job.number, 0) + 1
        lane.process.start(job, data.fingerprint, self._folder.attempt(job.number), data.to_json())
        births = list(job.subjects)
        self._note(
            "started", {"worker": lane.number, "job": job.number, "births": births, "attempt": lane.attempt}
        )

    def _wait(self) -> None:
        """Until a worker says something, at most a quarter of a second."""
        began = time.monotonic()
        self._selector.select(_LONGEST_WAIT)
        for lane in list(self._lanes):
            for message in lane.process.messages(0):
                if lane.quiet is not None:
                    lane.quiet.heard()
                self._take(lane, message)
        # A machine that slept must not look like a worker that hangs: only this program's own time counts.
        passed = min(time.monotonic() - began, 2 * _LONGEST_WAIT)
        for lane in self._lanes:
            if lane.job is None or lane.process.about is None:
                continue
            lane.quiet = lane.quiet or Quiet(lane.process.pid)
            if lane.quiet.passed(passed) > self._hang_seconds and not lane.hung:
                lane.hung = True
                lane.process.kill()
        self._observe(self._folder, self.doing())

    def doing(self) -> list[Doing]:
        """What every busy worker does now."""
        return [
            Doing(lane.number, lane.job, lane.progress.step, lane.progress.of, lane.progress.metrics)
            if lane.progress is not None
            else Doing(lane.number, lane.job, 0, 1, {})
            for lane in self._lanes
            if lane.job is not None
        ]

    def _take(self, lane: _Lane, message: Message) -> None:
        match message:
            case Progress():
                lane.progress = message
            case Checkpointed():
                lane.checkpointed = True
            case Finished(result):
                self._finish(lane, result)
            case Stopped():
                self._end(lane, "stopped", "")
            case Died():
                self._bury(lane, message)

    def _finish(self, lane: _Lane, result: Result) -> None:
        for score in result.scores.values():
            if score.failure is not None and score.failure.kind == "bug":
                self._end(lane, "failed", score.failure.code)
                raise RunBroken(
                    f"job {result.job} failed by a bug, nothing of it was kept; resume when it is mended\n"
                    f"{score.failure.reason}"
                )
        failures = [score.failure.reason for score in result.scores.values() if score.failure is not None]
        self._folder.add_result(result)
        self._end(lane, "failed" if failures else "finished", "; ".join(failures))

    def _end(self, lane: _Lane, state: str, text: str) -> None:
        if lane.job is not None:
            self._note("ended", {"worker": lane.number, "job": lane.job.number, "state": state, "text": text})
        lane.job, lane.progress = None, None

    def _bury(self, lane: _Lane, death: Died) -> None:
        """A process died: its job is lost and tried again, unless nothing new was kept five times running."""
        job, loaded = lane.job, lane.process.about is not None
        self._selector.unregister(lane.process.fileno())
        lane.process.close()
        if not loaded:
            raise RunBroken(
                f"a training process ended before it was ready ({death.reason}):\n{death.log[-4000:]}"
            )
        self._end(lane, "lost", death.reason)
        if death.reason == "disk_full":
            raise RunBroken("the disk is full; make room, then resume: everything finished so far is kept")
        if job is not None:
            self._count_loss(lane, job, death)
        lane.process = self._new_process(lane.number)

    def _count_loss(self, lane: _Lane, job: Job, death: Died) -> None:
        number = job.number
        if lane.hung:
            self._hangs[number] = self._hangs.get(number, 0) + 1
            if self._hangs[number] >= _MOST_HANGS:
                reason = f"no progress for {self._hang_seconds:g} s, {_MOST_HANGS} times"
                self._folder.add_result(_failed(job, Failure("bad_genome", "over_deadline", reason)))
                return
        self._lost[number] = 0 if lane.checkpointed else self._lost.get(number, 0) + 1
        if self._lost[number] >= MOST_ATTEMPTS:
            reason = f"its training process ended {MOST_ATTEMPTS} times ({death.reason}) and kept nothing new"
            self._folder.add_result(_failed(job, Failure("lost", death.reason, reason)))

    def _give_back(self) -> None:
        """Ask every job to checkpoint; wait a little."""
        for lane in self._lanes:
            lane.process.stop()
        deadline = time.monotonic() + _STOP_SECONDS
        while any(lane.job is not None for lane in self._lanes) and time.monotonic() < deadline:
            for lane in self._lanes:
                if lane.job is None:
                    continue
                for message in lane.process.messages(0.1):
                    if isinstance(message, Died):
                        self._end(lane, "lost", message.reason)
                    else:
                        self._take(lane, message)

    def _note(self, kind: str, payload: dict[str, object]) -> None:
        self._folder.note(kind, payload, self.elapsed)


def _failed(job: Job, failure: Failure) -> Result:
    return Result(job.number, {subject: Score(failure=failure) for subject in job.subjects})
