"""A search without training: the real driver and the real method, scores made from genomes by a hash.

A method whose ``tell`` needs findings brings ``rehearsal.py`` in its folder with ``findings(job) -> Json``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from searchengine.core.archive import MemoryArchive
from searchengine.core.events import Event
from searchengine.core.jobs import Birth, Failure, Job, Report, Result, Score
from searchengine.core.jsontext import Json, canonical, digest, dumps, loads
from searchengine.core.method import Outcome
from searchengine.driver import Plan, start, step

Evaluator = Callable[[Job], Result]
Arrival = Callable[[Sequence[int]], Sequence[int]]


def hashed(job: Job) -> Result:
    """A score from each genome and the phase alone; one genome in nine fails."""
    scores: dict[int, Score] = {}
    for number, genome in job.genomes.items():
        value = int(digest([genome, job.phase])[:8], 16)
        if value % 9 == 0:
            scores[number] = Score(
                failure=Failure("bad_genome", "diverged", "the loss grew beyond all bounds")
            )
        else:
            fitness = value / 2**32
            scores[number] = Score({"fitness": fitness, "accuracy": fitness, "loss": 1 - fitness})
    artifacts = {"weights": digest([job.number, "weights"]) * 2}
    return Result(job.number, scores, findings=_findings(job), artifacts=artifacts)


def constant(job: Job) -> Result:
    """The same score for every genome: nothing but the order can make two histories differ."""
    scores = {number: Score({"fitness": 0.5, "accuracy": 0.5}) for number in job.genomes}
    return Result(job.number, scores, findings=_findings(job))


def _findings(job: Job) -> Json:
    name = f"searchengine.methods.{job.evaluator}"
    if find_spec(name) is None or find_spec(f"{name}.rehearsal") is None:
        return {}
    made: Json = import_module(f"{name}.rehearsal").findings(job)
    return made


@dataclass
class Rehearsal:
    """A run held in memory: what a run's rows or files hold."""

    plan: Plan
    state: str = ""
    births: list[Birth] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    told: list[Report] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    milestones: list[tuple[str, str]] = field(default_factory=list)
    finished: bool = False
    outcome: Outcome | None = None
    largest_state: int = 0

    def __post_init__(self) -> None:
        self.archive = MemoryArchive()
        self.ready: dict[int, Result] = {}
        self.running: dict[int, Job] = {}
        if not self.state:
            self.state = start(self.plan)

    def step(self, *, closing: bool = False) -> None:
        """One step of the driver with whatever is ready."""
        taken = step(self.plan, self.state, self.ready, self.archive, closing=closing)
        self.state, self.finished = taken.state, taken.finished
        self.outcome = taken.outcome
        self.largest_state = max(self.largest_state, len(taken.state.encode()))
        self.births += taken.births
        self.jobs += taken.jobs
        self.events += taken.events
        self.milestones += taken.milestones
        for birth in taken.births:
            self.archive.add_birth(birth)
        for job in taken.jobs:
            self.archive.add_job(job)
            if job.reuse_of is None:
                self.running[job.number] = job
        for telling in taken.told:
            self.told.append(telling.report)
            self.archive.add_report(telling.report)
            self.ready.pop(telling.job, None)

    def run(
        self,
        evaluate: Evaluator = hashed,
        *,
        workers: int = 1,
        arrival: Arrival = lambda running: running[:1],
        until_told: int | None = None,
        close_at: int | None = None,
    ) -> Rehearsal:
        """To the end, or until so many jobs were told. ``workers`` jobs run at a time; ``arrival`` says which
        of them (numbers in order) finish next, all handed to one step."""
        if not self.jobs:
            self.step()
        while not self.finished and (until_told is None or len(self.told) < until_told):
            running = sorted(self.running)[:workers]
            for number in arrival(running):
                self.ready[number] = evaluate(self.running.pop(number))
            self.step(closing=close_at is not None and len(self.told) >= close_at)
        return self

    def history(self) -> str:
        """All that must be equal between two runs of one plan: births, jobs, tellings, events, final
        state."""
        value = {
            "births": [birth.to_json() for birth in self.births],
            "jobs": [job.to_json() for job in self.jobs],
            "told": [report.to_json() for report in self.told],
            "events": [list(event) for event in self.events],
            "state": self.state,
        }
        return canonical(value)

    def to_text(self) -> str:
        """The whole run, to go on in another process."""
        value = {
            "plan": self.plan.to_json(),
            "state": self.state,
            "births": [birth.to_json() for birth in self.births],
            "jobs": [job.to_json() for job in self.jobs],
            "told": [report.to_json() for report in self.told],
            "events": [list(event) for event in self.events],
            "milestones": self.milestones,
            "finished": self.finished,
            "running": sorted(self.running),
            "ready": [result.to_json() for result in self.ready.values()],
        }
        return dumps(value)

    @classmethod
    def from_text(cls, text: str) -> Rehearsal:
        value = loads(text)
        made = cls(
            plan=Plan.from_json(value["plan"]),
            state=value["state"],
            births=[Birth.from_json(birth) for birth in value["births"]],
            jobs=[Job.from_json(job) for job in value["jobs"]],
            told=[Report.from_json(report) for report in value["told"]],
            events=[Event(*event) for event in value["events"]],
            milestones=[(name, state) for name, state in value["milestones"]],
            finished=value["finished"],
        )
        for birth in made.births:
            made.archive.add_birth(birth)
        for job in made.jobs:
            made.archive.add_job(job)
        for report in made.told:
            made.archive.add_report(report)
        made.running = {number: made.jobs[number] for number in value["running"]}
        made.ready = {result["job"]: Result.from_json(result) for result in value["ready"]}
        return made


def one_at_random(seed: int) -> Arrival:
    """Any one of the running jobs finishes."""
    rng = np.random.default_rng(seed)
    return lambda running: [running[int(rng.integers(len(running)))]] if running else []


def some_at_random(seed: int) -> Arrival:
    """Some of the running jobs finish at once, in any order."""
    rng = np.random.default_rng(seed)
    return lambda running: (
        list(rng.permutation(running)[: int(rng.integers(1, len(running) + 1))]) if running else []
    )


def main(arguments: Sequence[str]) -> int:
    """Go on with a stored rehearsal (standard input) and write it to standard output: for tests that need
    another process with another hash seed."""
    parser = argparse.ArgumentParser(prog="python -m searchengine.testing.rehearsal")
    parser.add_argument("file", type=Path, help="a stored rehearsal; it is replaced by the continued one")
    parser.add_argument("--until-told", type=int, default=None)
    chosen = parser.parse_args(arguments)
    rehearsal = Rehearsal.from_text(chosen.file.read_text())
    rehearsal.run(until_told=chosen.until_told)
    chosen.file.write_text(rehearsal.to_text())
    loaded = [name for name in ("torch", "django") if name in sys.modules]
    if loaded:
        print(f"a step loaded {', '.join(loaded)}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
