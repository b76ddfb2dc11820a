"""Final trainings outside a search: a list of jobs through training processes, each result kept as it
comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from searchengine.core.errors import EngineError
from searchengine.core.jobs import Job, Result
from searchengine.core.jsontext import dumps, loads
from searchengine.core.setting import DataSummary
from searchengine.driver.claims import Bench
from searchengine.driver.files import write_whole
from searchengine.jobs.messages import Died, Finished
from searchengine.jobs.process import TrainingProcess


class TrainingLost(EngineError):
    """A training process died under a job; starting the claim again goes on with what is left."""


def train_all(bench: Bench, jobs: Sequence[Job], data: DataSummary) -> list[Result]:
    """The results of ``jobs`` in their order. Those in ``bench.folder/results`` from an earlier start are
    not run again; artifacts lie in ``bench.folder/artifacts``. Raises ``TrainingLost``."""
    results = bench.folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    found: dict[int, Result] = {}
    for job in jobs:
        path = results / f"{job.number}.json"
        if path.exists():
            found[job.number] = Result.from_json(loads(path.read_text(encoding="utf-8")))
    waiting = [job for job in jobs if job.number not in found]
    running: list[TrainingProcess] = []
    try:
        for number in range(min(bench.workers, len(waiting))):
            running.append(_process(bench, number))
            _start(running[-1], waiting.pop(0), bench.folder, data)
        while len(found) < len(jobs):
            for process in running:
                for message in process.messages(0.05):
                    if isinstance(message, Finished):
                        result = message.result
                        write_whole(results / f"{result.job}.json", dumps(result.to_json()))
                        found[result.job] = result
                        if waiting:
                            _start(process, waiting.pop(0), bench.folder, data)
                    elif isinstance(message, Died):
                        raise TrainingLost(
                            f"a training process ended ({message.reason}); start the claim again"
                        )
    finally:
        for process in running:
            process.close()
    return [found[job.number] for job in jobs]


def _process(bench: Bench, number: int) -> TrainingProcess:
    return TrainingProcess(
        store=bench.folder / "artifacts",
        data_root=bench.data_root,
        scratch=bench.folder / "scratch" / str(number),
        device=bench.device,
    )


def _start(process: TrainingProcess, job: Job, folder: Path, data: DataSummary) -> None:
    process.start(job, data.fingerprint, folder / "attempts" / str(job.number), data.to_json())
