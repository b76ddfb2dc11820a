"""The child's side of a training process: ``python -m searchengine.training.process``, started by
``searchengine.jobs.process.TrainingProcess``. Reads jobs, runs them one after another, answers."""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import os
import resource
import select
import signal
import socket
import sys
import time
from collections import OrderedDict
from dataclasses import replace
from math import isfinite
from pathlib import Path

import torch

from searchengine import catalogue
from searchengine.core.errors import BadGenome, Stopped
from searchengine.core.jobs import Failure, Job, Result, Score
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.setting import DataSummary
from searchengine.data.prepared import PreparedData, open_prepared
from searchengine.jobs import procfs
from searchengine.jobs.attempt import times_out_of_memory
from searchengine.jobs.messages import PROTOCOL, line
from searchengine.jobs.store import Store
from searchengine.training.context import Context, JobKind, Output
from searchengine.training.failures import Lost, classify, ran_out_of_memory
from searchengine.training.seeding import seed_job

FINDINGS_BYTES = 256 * 1024
_DATA_KEPT = 2
_PR_SET_PDEATHSIG = 1
# Python and torch report failing allocations; the parent, which measures, kills only what gets past that.
_OWN_LIMIT = 0.95


class ParentGone(BaseException):
    """The other end of the socket is closed: there is nobody to work for."""


class Link:
    """The child's end of the socket: jobs and stop requests in, messages out."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()
        self._waiting: list[Json] = []
        self.running: int | None = None
        self._stop = False

    def say(self, what: str, **values: object) -> None:
        try:
            self._connection.sendall(line({"is": what, **values}))
        except OSError:
            raise ParentGone from None

    def next_job(self) -> Json:
        """Wait for a start. Stop requests for jobs that have ended are dropped."""
        while True:
            while self._waiting:
                command = self._waiting.pop(0)
                if command["do"] == "start":
                    self.running, self._stop = command["job"]["number"], False
                    return command
            self._read()

    def wants_stop(self) -> bool:
        while not self._stop and select.select([self._connection], [], [], 0)[0]:
            self._read()
            for command in self._waiting:
                self._stop |= command["do"] == "stop" and command["job"] == self.running
        return self._stop

    def progress(self, step: int, of: int, metrics: dict[str, float], findings: Json | None) -> None:
        self.say("progress", step=step, of=of, metrics=metrics, findings=findings)

    def checkpointed(self, step: int, curve: list[Json]) -> None:
        self.say("checkpointed", step=step, curve=curve)

    def _read(self) -> None:
        try:
            block = self._connection.recv(1 << 16)
        except ConnectionError:
            block = b""
        if not block:
            raise ParentGone
        self._buffer += block
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        self._waiting += [loads(bytes(text)) for text in lines]


class Workshop:
    """What outlives a job: data sets already mapped, evaluators already imported."""

    def __init__(self, args: argparse.Namespace, link: Link) -> None:
        self.link = link
        self.store = Store(args.store)
        self.device = torch.device(args.device)
        self._data_root: Path = args.data_root
        self._checkpoint_seconds: float = args.checkpoint_seconds
        self._data: OrderedDict[str, PreparedData] = OrderedDict()

    def run(self, command: Json) -> Result:
        """Run one job to its end. Raises ``Stopped`` when it gave back; every other failure is a score."""
        job = Job.from_json(command["job"])
        attempt_dir = Path(command["attempt_dir"])
        summary = DataSummary.from_json(command["summary"])
        began = self._clock()
        divisor = 2 if times_out_of_memory(attempt_dir) else 1
        context: Context | None = None
        try:
            if times_out_of_memory(attempt_dir) > 1:
                raise BadGenome("out_of_memory", "memory ran out even at half the micro-batch")
            kind = self._kind(job)
            while True:
                context = Context(
                    job,
                    summary,
                    lambda: self._open(command["data"]),
                    store=self.store,
                    attempt_dir=attempt_dir,
                    parent=self.link,
                    rng=seed_job(job.seed),
                    device=self.device,
                    micro_batch_divisor=divisor,
                    checkpoint_seconds=self._checkpoint_seconds,
                )
                try:
                    output = checked(job, kind(context))
                    break
                except Exception as error:
                    if divisor > 1 or not ran_out_of_memory(error):
                        raise
                divisor = 2
                self._free_memory()
        except Stopped:
            raise GaveBack(context is not None and context.checkpointed) from None
        except Exception as error:
            found = classify(error)
            if isinstance(found, Lost):
                raise Abandoned(found) from error
            if found.code == "out_of_memory":
                self._free_memory()
            output = Output({subject: Score(failure=found) for subject in job.subjects})
        if divisor > 1:
            output = replace(output, findings={**output.findings, "micro_batch_halved": True})
        return Result(
            job=job.number,
            scores=output.scores,
            findings=output.findings,
            artifacts=output.artifacts,
            curve=context.curve.rows() if context else [],
            seconds=self._clock() - began,
        )

    def _kind(self, job: Job) -> JobKind:
        kinds: dict[str, JobKind] = importlib.import_module(catalogue.evaluators(job.evaluator)).JOB_KINDS
        if job.kind not in kinds:
            raise KeyError(f"{job.evaluator} has no job kind {job.kind!r}; it has {', '.join(kinds)}")
        return kinds[job.kind]

    def _open(self, fingerprint: str) -> PreparedData:
        if fingerprint not in self._data:
            self._data[fingerprint] = open_prepared(self._data_root, fingerprint)
            while len(self._data) > _DATA_KEPT:
                self._data.popitem(last=False)
        self._data.move_to_end(fingerprint)
        return self._data[fingerprint]

    def _clock(self) -> float:
        """Seconds of the process's own work: CPU time, or wall time where a device does the work."""
        return time.process_time() if self.device.type == "cpu" else time.perf_counter()

    def _free_memory(self) -> None:
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


class GaveBack(Exception):
    """The job stopped on request; ``checkpointed`` says whether anything was kept in this attempt."""

    def __init__(self, checkpointed: bool) -> None:
        self.checkpointed = checkpointed
        super().__init__()


class Abandoned(Exception):
    """The surroundings failed: the process says why and ends."""

    def __init__(self, lost: Lost) -> None:
        self.lost = lost
        super().__init__(lost.text)


def checked(job: Job, output: Output) -> Output:
    """``output`` if it keeps the promises of a result; what is not finite becomes a failure. Raises
    ``ValueError`` where the evaluator is at fault."""
    if set(output.scores) != set(job.subjects):
        raise ValueError(
            f"job {job.number} must score {sorted(job.subjects)}, its evaluator scored"
            f" {sorted(output.scores)}"
        )
    findings = len(dumps(output.findings).encode())
    if findings > FINDINGS_BYTES:
        raise ValueError(
            f"findings may take {FINDINGS_BYTES} bytes, these take {findings}; store an artifact instead"
        )
    return replace(output, scores={subject: _finite(score) for subject, score in output.scores.items()})


def _finite(score: Score) -> Score:
    wrong = [name for name, value in score.metrics.items() if not isfinite(value)]
    if wrong:
        return Score(failure=Failure("bad_genome", "nan", f"{', '.join(wrong)} is not a finite number"))
    return Score({name: float(value) for name, value in score.metrics.items()}, score.failure)


def die_with(parent: int) -> None:
    """Ask the kernel to end this process with its parent; end at once if the parent is gone already."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def limit_memory(limit: int) -> None:
    """Let allocations fail a little below ``limit`` bytes of own memory, so that a job can go on smaller."""
    memory = procfs.memory(os.getpid())
    if memory is not None:
        soft = int(limit * _OWN_LIMIT) + max(0, memory.data - memory.own)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m searchengine.training.process")
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--checkpoint-seconds", type=float, required=True)
    parser.add_argument("--memory-bytes", type=int)
    args = parser.parse_args()
    die_with(args.parent)
    torch.set_num_threads(1)
    connection = socket.socket(fileno=args.socket)
    connection.set_inheritable(False)
    link = Link(connection)
    if args.memory_bytes and args.device == "cpu":  # drivers of accelerators reserve far more than they use
        limit_memory(args.memory_bytes)
    workshop = Workshop(args, link)
    try:
        link.say(
            "ready",
            protocol=PROTOCOL,
            about={"torch": torch.__version__, "device": args.device, "pid": os.getpid()},
        )
        while True:
            command = link.next_job()
            try:
                link.say("finished", result=workshop.run(command).to_json())
            except GaveBack as gave_back:
                link.say("stopped", checkpointed=gave_back.checkpointed)
    except Abandoned as abandoned:
        link.say("lost", reason=abandoned.lost.reason, text=abandoned.lost.text)
        return 3
    except ParentGone:
        return 0


if __name__ == "__main__":
    sys.exit(main())
