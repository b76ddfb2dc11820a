"""One evaluation from start to end, watched: progress out, orders in, the lease renewed, deadlines kept."""

from __future__ import annotations

import enum
import logging
import threading
import time
from dataclasses import dataclass, field

from django.conf import settings

from searchengine.core.jobs import Result
from searchengine.core.jsontext import Json
from searchengine.jobs.process import (
    Checkpointed,
    Died,
    Finished,
    Message,
    Progress,
    Stopped,
    TrainingProcess,
)
from webapp.searches import states
from webapp.searches.live.publish import publish_progress
from webapp.searches.supervisor import lease
from webapp.searches.supervisor.claim import Claimed
from webapp.searches.supervisor.judge import Judge
from webapp.searches.supervisor.patience import once
from webapp.searches.supervisor.place import attempt_folder
from webapp.searches.supervisor.presence import Presence

log = logging.getLogger(__name__)

TICK = 0.2
LOOK_SECONDS = 0.7
"""How often the run's state is read: pause, stop and kill are noticed within a second."""

LEAVE_SECONDS = 8.0
"""How long a training process may take to checkpoint when its worker is asked to end."""

LONGEST_CURVE = 1500
"""Rows of a curve kept; a longer one is thinned evenly, its newest row kept."""


class Ending(enum.Enum):
    RESULT = "result"
    LOST = "lost"
    STOPPED = "stopped"  # it checkpointed and gave back, as it was asked
    GONE = "gone"  # the lease is no longer ours, or the run is over


@dataclass
class Evaluated:
    """How an evaluation ended. ``code`` and ``reason`` say why it was lost; ``still_held`` are the
    untouched rest of the group whose leases are still ours."""

    ending: Ending
    still_held: list[Claimed]
    result: Result | None = None
    code: str = ""
    reason: str = ""
    curve: list[Json] = field(default_factory=list)
    seconds: float = 0.0
    peak_rss: int = 0


def evaluate(
    process: TrainingProcess,
    claimed: Claimed,
    rest: list[Claimed],
    presence: Presence,
    leaving: threading.Event,
) -> Evaluated:
    """Run a started evaluation on a process that is ready. The process is left idle, or dead."""
    return _Watch(process, claimed, rest, presence, leaving).run()


class _Watch:
    def __init__(
        self,
        process: TrainingProcess,
        claimed: Claimed,
        rest: list[Claimed],
        presence: Presence,
        leaving: threading.Event,
    ) -> None:
        self.process = process
        self.claimed = claimed
        self.rest = rest
        self.presence = presence
        self.leaving = leaving
        self.curve = [row for row in claimed.curve if row.get("step", 0) <= (claimed.checkpoint_step or 0)]
        self.newest: Progress | None = None
        self.found: Progress | None = None  # the newest with findings so far
        self.found_step: int | None = None  # of those in the row, since this attempt began
        self.ended: Evaluated | None = None
        now = time.monotonic()
        self.renewed = self.looked = now
        self.resting_since: float | None = None  # since when the run is paused or broken
        self.asked_to_stop: float | None = None
        self.cpu = process.cpu_seconds()
        self.cpu_used: float | None = None  # measured before a kill, for a dead process has none
        self.judge = Judge(claimed, self.cpu)

    def run(self) -> Evaluated:
        claimed = self.claimed
        folder = attempt_folder(claimed.run_id, claimed.number)
        self.process.start(claimed.job, claimed.fingerprint, folder, claimed.summary)
        while self.ended is None:
            for message in self.process.messages(TICK):
                self._hear(message)
            if self.ended is None:
                self._look_around()
        self.ended.curve = thinned(self.ended.curve or self.curve)
        return self.ended

    def _hear(self, message: Message) -> None:
        self.judge.heard()
        if isinstance(message, Progress):
            self.newest = message
            if message.metrics:
                self.curve.append({"step": message.step, **message.metrics})
            if message.findings is not None:
                self.found = message
            self._publish(message)
        elif isinstance(message, Checkpointed):
            self.curve = list(message.curve) or self.curve
            once(
                lambda: lease.write_checkpoint(
                    self.claimed, self.presence.owner, message.step, thinned(self.curve)
                )
            )
        elif isinstance(message, Finished):
            self._end(Ending.RESULT, result=message.result)
            assert self.ended is not None
            self.ended.curve = list(message.result.curve)
        elif isinstance(message, Stopped):
            self._end(Ending.STOPPED)
        elif isinstance(message, Died):
            self._died(message)

    def _died(self, died: Died) -> None:
        reasons = {
            "out_of_memory": f"its training process ran out of memory at {died.peak_rss / 2**20:.0f} MiB",
            "disk_full": "the disk is full",
            "device_error": "the device failed under it",
        }
        how = f"by signal {died.signal}" if died.signal else f"with code {died.returncode}"
        reason = reasons.get(died.reason, f"its training process ended {how}")
        if died.log.strip() and died.reason in ("exit", "device_error", "protocol"):
            reason += f"; its last words: {died.log.strip()[-400:]}"
        self._end(Ending.LOST, code=died.reason, reason=reason)

    def _look_around(self) -> None:
        now = time.monotonic()
        if now - self.looked >= LOOK_SECONDS:
            self.looked = now
            self._look(renewing=now - self.renewed >= settings.RENEW_SECONDS)
        if self.ended is not None:
            return
        self._obey(now)
        if self.ended is None:
            self._judge()

    def _look(self, *, renewing: bool) -> None:
        """Read the leases and the run's state; renew when it is time."""
        pks = [self.claimed.pk, *(claimed.pk for claimed in self.rest)]
        read = lease.renew if renewing else lease.look
        standings = once(lambda: read(pks, self.presence.owner))
        if standings is None:
            return
        if renewing:
            self.renewed = time.monotonic()
            self._write_progress()
        mine = standings.get(self.claimed.pk)
        self.rest = [claimed for claimed in self.rest if claimed.pk in standings]
        if mine is None or mine.token != self.claimed.token:
            log.warning("job %s of run %s was taken away", self.claimed.number, self.claimed.run_id)
            self._kill()
            self._end(Ending.GONE)
            return
        if mine.run_state in states.WORKED:
            self.resting_since = None
        elif self.resting_since is None:
            self.resting_since = time.monotonic()
            self._give_rest_back()

    def _give_rest_back(self) -> None:
        pks = [claimed.pk for claimed in self.rest]
        if once(lambda: lease.give_back(pks, self.presence.owner)) is not None:
            self.rest = []

    def _obey(self, now: float) -> None:
        """Checkpoint and give back when the worker is to end, or a paused run's grace is over."""
        resting = self.resting_since
        over = resting is not None and now - resting >= settings.PAUSE_SECONDS
        if self.asked_to_stop is None and (over or self.leaving.is_set()):
            self.asked_to_stop = now
            self.process.stop()
        elif self.asked_to_stop is not None and now - self.asked_to_stop >= LEAVE_SECONDS:
            self._kill()
            self._end(Ending.STOPPED)

    def _judge(self) -> None:
        verdict = self.judge.verdict(self.process.cpu_seconds())
        if verdict is not None:
            self._kill()
            self._end(Ending.LOST, code=verdict.code, reason=verdict.reason)

    def _kill(self) -> None:
        """End the training process and wait for its death, so that the slot starts a fresh one."""
        self.cpu_used = self._used()
        self.process.kill()
        while self.process.alive:
            self.process.messages(TICK)

    def _used(self) -> float:
        return max(0.0, self.process.cpu_seconds() - self.cpu)

    def _end(self, ending: Ending, result: Result | None = None, code: str = "", reason: str = "") -> None:
        used = self._used() if self.cpu_used is None else self.cpu_used
        seconds = result.seconds if result else used
        self.ended = Evaluated(
            ending=ending,
            still_held=self.rest,
            result=result,
            code=code,
            reason=reason,
            curve=self.curve,
            seconds=seconds,
            peak_rss=self.process.peak_rss(),
        )

    def _publish(self, progress: Progress) -> None:
        told = progress_json(self.claimed, progress, self.presence.name, self.found_step)
        publish_progress(self.claimed.run_id, told)

    def _write_progress(self) -> None:
        """Findings so far go along once; then pages are told that they can be read."""
        newest, found = self.newest, self.found
        if newest is None:
            return
        fresh = found if found is not None and found.step != self.found_step else None
        curve = thinned(self.curve)
        written = once(lambda: lease.write_progress(self.claimed, self.presence.owner, newest, curve, fresh))
        if written and fresh is not None:
            self.found_step = fresh.step
            self._publish(newest)


def progress_json(claimed: Claimed, progress: Progress, worker: str, found_step: int | None) -> Json:
    """What open pages are told of a running evaluation; ``found`` is the step of the findings so far that
    stand in its row."""
    return {
        "job": claimed.number,
        "subjects": list(claimed.job.subjects),
        "step": progress.step,
        "of": progress.of,
        "metrics": dict(progress.metrics),
        "found": found_step,
        "worker": worker,
        "attempt": claimed.attempt,
    }


def thinned(curve: list[Json]) -> list[Json]:
    """At most ``LONGEST_CURVE`` rows, evenly spread; first and last stay."""
    if len(curve) <= LONGEST_CURVE:
        return curve
    last = len(curve) - 1
    return [curve[round(place * last / (LONGEST_CURVE - 1))] for place in range(LONGEST_CURVE)]
