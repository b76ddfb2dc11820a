"""A real training that is killed and goes on in another process ends with the same bits."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from searchengine import catalogue
from searchengine.core.jobs import Job, Result
from searchengine.core.setting import Fidelity
from searchengine.data.prepared import PreparedData
from searchengine.jobs.process import Checkpointed, Died, Finished, Message, TrainingProcess

PARAMS = {"steps": 150, "batch": 32}


def _job(data: PreparedData) -> Job:
    space = catalogue.space("chain", PARAMS, data.summary)
    genome = space.random(np.random.default_rng(4))
    proposal = space.evaluation(genome)
    return Job(
        number=0,
        evaluator="chain",
        kind=proposal.kind,
        subjects=(0,),
        genomes={0: genome},
        seed=11,
        fidelity=Fidelity(steps=PARAMS["steps"]),
        arguments=proposal.arguments,
        inputs={},
        recipe={},
        cost=1.0,
        phase="search",
        protocol="p",
    )


def _open(folder: Path, data_root: Path, checkpoint_seconds: float) -> TrainingProcess:
    return TrainingProcess(
        store=folder / "store",
        data_root=data_root,
        scratch=folder / "scratch",
        checkpoint_seconds=checkpoint_seconds,
    )


def _until(process: TrainingProcess, kind: type[Message]) -> Message:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for message in process.messages(0.5):
            if isinstance(message, kind):
                return message
            assert not isinstance(message, Died | Finished), message
    raise AssertionError(f"no {kind.__name__}; log: {process.log}")


def _run(process: TrainingProcess, data: PreparedData, attempt: Path) -> Result:
    process.start(_job(data), data.summary.fingerprint, attempt, data.summary.to_json())
    finished = _until(process, Finished)
    assert isinstance(finished, Finished)
    return finished.result


def test_killed_at_a_checkpoint_and_resumed_equals_left_alone(
    digits: PreparedData, data_root: Path, tmp_path: Path
) -> None:
    with _open(tmp_path, data_root, 1000.0) as process:
        alone = _run(process, digits, tmp_path / "alone")
    attempt = tmp_path / "killed"
    with _open(tmp_path, data_root, 0.0) as process:
        process.start(_job(digits), digits.summary.fingerprint, attempt, digits.summary.to_json())
        kept = _until(process, Checkpointed)
        os.kill(process.pid, signal.SIGKILL)
        _until(process, Died)
    assert isinstance(kept, Checkpointed)
    assert 0 < kept.step < PARAMS["steps"]
    with _open(tmp_path, data_root, 1000.0) as process:
        resumed = _run(process, digits, attempt)
    assert resumed.scores == alone.scores
    assert resumed.artifacts == alone.artifacts
    assert resumed.findings == alone.findings
    assert resumed.curve[-1]["step"] == PARAMS["steps"]
