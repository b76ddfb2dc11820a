"""What is kept of every individual for ever: one record a birth, as it stands in ``lineage.jsonl``."""

from __future__ import annotations

from collections.abc import Iterable

from searchengine.core.jobs import Birth, Job, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Death


class Lineage:
    """Every birth with its evaluations, when it entered and when and why it left. Nothing here depends on
    time, machine or attempt, so two runs of one plan have equal lineages."""

    def __init__(self) -> None:
        self._records: dict[int, Json] = {}
        self._jobs: dict[int, Job] = {}

    def born(self, birth: Birth) -> None:
        self._records[birth.number] = {
            **birth.to_json(),
            "fitness": None,
            "parameters": None,
            "flops": None,
            "evaluations": [],
            "entered": None,
            "left": None,
        }

    def asked(self, job: Job) -> None:
        self._jobs[job.number] = job

    def told(self, report: Report, entered: Iterable[int], deaths: Iterable[Death], cost: float) -> None:
        """Results are told in job order, so the job's number is the place in time of what changed here."""
        job = self._jobs.pop(report.job)
        for number in report.subjects:
            self._score(self._records[number], number, job, report, cost)
        for number in entered:
            self._records[number]["entered"] = report.job
        for death in deaths:
            self._records[death.number]["left"] = {"reason": death.reason, "job": report.job}

    def _score(self, record: Json, number: int, job: Job, report: Report, cost: float) -> None:
        score = report.scores[number]
        evaluation = {
            "job": report.job,
            "kind": report.kind,
            "phase": report.phase,
            "fidelity": job.fidelity.to_json(),
            "seed": job.seed,
            "cost": cost,
            "reuse_of": report.reuse_of,
            **score.to_json(),
        }
        first = not any(one["phase"] == "search" for one in record["evaluations"])
        record["evaluations"].append(evaluation)
        if first and report.phase == "search":
            record["fitness"] = score.fitness
        for name in ("parameters", "flops"):
            if name in score.metrics:
                record[name] = int(score.metrics[name])

    def record(self, number: int) -> Json:
        return self._records[number]

    def records(self) -> list[Json]:
        """Every birth in order of number."""
        return [self._records[number] for number in sorted(self._records)]
