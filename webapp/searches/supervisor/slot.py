"""One slot at work: claim, evaluate one after the other, write results together, look again."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import OrderedDict
from contextlib import suppress

from django.conf import settings

from searchengine.core.jobs import Failure
from searchengine.jobs.process import TrainingProcess
from webapp.searches import bells
from webapp.searches.events import note
from webapp.searches.losses import MOST_LOSSES, give_up
from webapp.searches.services.break_run import break_run
from webapp.searches.services.pause import pause
from webapp.searches.states import MoveRefused
from webapp.searches.supervisor import lease
from webapp.searches.supervisor.claim import Claimed, claim
from webapp.searches.supervisor.evaluate import TICK, Ending, Evaluated, evaluate
from webapp.searches.supervisor.patience import once, patiently
from webapp.searches.supervisor.place import attempt_folder, memory_limit
from webapp.searches.supervisor.presence import Presence

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.2
"""Results of a group are written together, but none waits longer than this for the next."""


RUNS_REMEMBERED = 64

INPUTS_REMEMBERED = 8
"""Artifacts a training process is taken to hold still; which of them it does is its own affair."""

LOADING_SECONDS = 90.0
"""A training process that has not said it is ready for so long hangs."""

LONGEST_REST = 10.0
"""Seconds between two attempts to start a training process that does not come up."""


class Slot:
    """Supervises one training process. ``leaving`` is set when this worker is asked to end."""

    def __init__(self, presence: Presence, number: int = 0, leaving: threading.Event | None = None) -> None:
        self.presence = presence
        self.number = number
        self.leaving = leaving or threading.Event()
        self._process: TrainingProcess | None = None
        self._finished: list[lease.Outcome] = []
        self._flushed = 0.0
        self._unloaded = 0  # training processes in a row that died before they were ready
        self._pace: OrderedDict[int, float] = OrderedDict()  # seconds an evaluation of a run took lately
        self._loaded: OrderedDict[str, None] = OrderedDict()  # artifacts the training process read, by sha256

    def work(self) -> int:
        """Take and run evaluations until there are none or the worker is to end; returns how many ran."""
        run = 0
        while not self.leaving.is_set():
            group = patiently(
                lambda: claim(self.presence, self.number, self._pace, self._loaded), self.leaving.is_set
            )
            if not group:
                return run
            run += self._run_group(group)
        return run

    def warm(self) -> None:
        """Start the training process ahead of the first evaluation: loading torch takes seconds."""
        self.process()

    def close(self) -> None:
        """End the training process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def process(self) -> TrainingProcess:
        """The training process, a new one when the last has died."""
        if self._process is not None:
            self._process.messages(0)  # one that died while it was idle says so here
        if self._process is not None and not self._process.alive:
            self._process.close()
            self._process = None
        if self._process is None:
            self._loaded.clear()
            self._process = TrainingProcess(
                store=settings.STORE,
                data_root=settings.VAR / "data",
                scratch=settings.VAR / "scratch" / self.presence.name.replace("/", "-"),
                memory_bytes=memory_limit(),
                device=settings.DEVICE,
            )
        return self._process

    def _run_group(self, group: list[Claimed]) -> int:
        """Evaluate a group in order; whatever happens, no lease of it is left behind."""
        self._flushed = time.monotonic()
        waiting = list(group)
        run = 0
        try:
            while waiting:
                process = self._ready(waiting)
                if process is None:
                    break
                claimed = waiting.pop(0)
                if not self._start(claimed):
                    continue
                run += 1
                began = time.monotonic()
                evaluated = evaluate(process, claimed, waiting, self.presence, self.leaving)
                self._learn(claimed, time.monotonic() - began)
                waiting = evaluated.still_held
                self._settle(claimed, evaluated)
                if evaluated.ending in (Ending.STOPPED, Ending.GONE) or self.leaving.is_set():
                    break
                if time.monotonic() - self._flushed >= FLUSH_SECONDS:
                    self._flush()
        finally:
            self._flush()
            left = [claimed.pk for claimed in waiting]
            patiently(lambda: lease.give_back(left, self.presence.owner), self.leaving.is_set)
        return run

    def _ready(self, held: list[Claimed]) -> TrainingProcess | None:
        """The training process, once it has loaded torch; None when it died before, or the worker is to end.

        An evaluation starts only then, so a death on the way costs none of those that are ``held`` an
        attempt; their leases are renewed meanwhile.
        """
        process = self.process()
        began = renewed = time.monotonic()
        while process.alive and process.about is None and not self.leaving.is_set():
            process.messages(TICK)
            now = time.monotonic()
            if now - began >= LOADING_SECONDS:
                process.kill()
            elif now - renewed >= settings.RENEW_SECONDS:
                renewed = now
                once(lambda: lease.renew([claimed.pk for claimed in held], self.presence.owner))
        if process.alive and process.about is not None:
            self._unloaded = 0
            return process
        if not self.leaving.is_set():
            self._unloaded += 1
            last = process.log.strip()[-400:] or "no last words"
            log.warning("the training process died while it loaded torch; its last words: %s", last)
            self.leaving.wait(min(LONGEST_REST, 0.25 * 2**self._unloaded))
        return None

    def _learn(self, claimed: Claimed, seconds: float) -> None:
        """Pace: the longer of the newest and a fading memory, because a group is not to hold others up."""
        run_id = claimed.run_id
        self._pace[run_id] = max(seconds, 0.5 * (seconds + self._pace.get(run_id, seconds)))
        self._pace.move_to_end(run_id)
        while len(self._pace) > RUNS_REMEMBERED:
            self._pace.popitem(last=False)
        for sha256 in claimed.job.inputs.values():
            self._loaded[sha256] = None
            self._loaded.move_to_end(sha256)
        while len(self._loaded) > INPUTS_REMEMBERED:
            self._loaded.popitem(last=False)

    def _start(self, claimed: Claimed) -> bool:
        return bool(patiently(lambda: lease.start(claimed, self.presence.owner), self.leaving.is_set))

    def _settle(self, claimed: Claimed, evaluated: Evaluated) -> None:
        """Do with the lease what the evaluation's end asks for."""
        if evaluated.ending == Ending.RESULT and evaluated.result is not None:
            self._keep(claimed, evaluated)
        elif evaluated.ending == Ending.LOST:
            self._lose(claimed, evaluated)
        elif evaluated.ending == Ending.STOPPED:
            patiently(lambda: lease.give_back([claimed.pk], self.presence.owner), self.leaving.is_set)
        # GONE: the lease is somebody else's; nothing is written.

    def _keep(self, claimed: Claimed, evaluated: Evaluated) -> None:
        assert evaluated.result is not None
        bug = next(
            (
                s.failure
                for s in evaluated.result.scores.values()
                if s.failure is not None and s.failure.kind == "bug"
            ),
            None,
        )
        if bug is None:
            self._finished.append(
                lease.Outcome(claimed, evaluated.result, evaluated.curve, evaluated.peak_rss)
            )
        else:
            self._report_bug(claimed, bug)

    def _report_bug(self, claimed: Claimed, bug: Failure) -> None:
        """The run stops with the trace; the evaluation waits to be run again after an upgrade."""
        log.error("job %s of run %s failed by a bug: %s", claimed.number, claimed.run_id, bug.reason)
        if patiently(lambda: lease.give_back([claimed.pk], self.presence.owner), self.leaving.is_set):
            reason = f"job {claimed.number} failed by a bug ({bug.code}); resume the run once it is fixed"
            patiently(lambda: break_run(claimed.run_id, reason, bug.reason), self.leaving.is_set)

    def _lose(self, claimed: Claimed, evaluated: Evaluated) -> None:
        if evaluated.code == "over_deadline" and claimed.alone:
            failure = Failure("bad_genome", evaluated.code, evaluated.reason)
            result = lease.failure_result(claimed, failure, evaluated.seconds)
            self._finished.append(lease.Outcome(claimed, result, evaluated.curve, evaluated.peak_rss))
            return
        if evaluated.code == "disk_full":
            patiently(lambda: lease.give_back([claimed.pk], self.presence.owner), self.leaving.is_set)
            patiently(lambda: _pause_for_disk(claimed.run_id), self.leaving.is_set)
            return
        losses = patiently(
            lambda: lease.lose(
                claimed,
                self.presence.owner,
                evaluated.reason,
                seconds=evaluated.seconds,
                peak_rss=evaluated.peak_rss,
            ),
            self.leaving.is_set,
        )
        if losses is not None:
            patiently(lambda: _say_lost(claimed, evaluated.reason), self.leaving.is_set)
            if losses >= MOST_LOSSES:
                for run_id in patiently(give_up, self.leaving.is_set) or []:
                    bells.ring_step(run_id)

    def _flush(self) -> None:
        """Write the results there are, and ring for the runs they belong to."""
        outcomes, self._finished = self._finished, []
        self._flushed = time.monotonic()
        if not outcomes:
            return
        owner = self.presence.owner
        written = patiently(lambda: lease.finish(outcomes, owner), lambda: False)
        for run_id in {
            outcome.claimed.run_id for outcome in outcomes if outcome.claimed.pk in (written or ())
        }:
            bells.ring_step(run_id)
        for outcome in outcomes:
            if outcome.claimed.pk in (written or ()):
                shutil.rmtree(attempt_folder(*_names(outcome.claimed)), ignore_errors=True)
            else:
                log.warning("run %s, job %s: no longer ours; its result is dropped", *_names(outcome.claimed))


def _pause_for_disk(run_id: int) -> None:
    with suppress(MoveRefused):  # it is ending, or paused already
        pause(
            run_id=run_id, actor=None, reason="the disk is full; it goes on when there is space", held="disk"
        )


def _say_lost(claimed: Claimed, reason: str) -> None:
    payload = {
        "job": claimed.number,
        "subjects": list(claimed.job.subjects),
        "attempt": claimed.attempt,
        "reason": reason,
    }
    note(claimed.run_id, "lost", payload)


def _names(claimed: Claimed) -> tuple[int, int]:
    return claimed.run_id, claimed.number
