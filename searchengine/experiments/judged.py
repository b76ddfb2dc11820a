"""Fresh trainings of networks, judged on test alone and together; every look is a line of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from searchengine.architecture.graph import Architecture
from searchengine.core.generator import job_seed
from searchengine.core.jobs import Job, Proposal, Result
from searchengine.core.jsontext import Json, digest
from searchengine.core.setting import DataSummary
from searchengine.driver.claims import Bench
from searchengine.experiments.searches import NoResult, root_of
from searchengine.experiments.trainings import train_all
from searchengine.jobs.store import Store
from searchengine.judging.ledger import note_look


class Judged(NamedTuple):
    """The test metric of each of several networks alone (means over repeats) and of all together."""

    alone: list[float]
    together: float
    cost: float
    seconds: float


class Candidate(NamedTuple):
    """A network to be trained ``repeats`` times: its genome and identity key, its architecture, and the
    proposal of one training."""

    genome: Json
    key: str
    architecture: Architecture
    proposals: tuple[Proposal, ...]


def train_candidate(
    bench: Bench, evaluator: str, candidate: Candidate, data: DataSummary, seed: int
) -> tuple[list[Result], Path]:
    """The results of every training of ``candidate``, and the store of their weights. Trainings of equal
    genome, arguments and seed are shared by all claims. Raises ``NoResult`` when one failed."""
    jobs = [
        training_job(evaluator, candidate.genome, candidate.key, one, number, seed)
        for number, one in enumerate(candidate.proposals)
    ]
    name = digest([candidate.key, [job.protocol for job in jobs], seed])
    folder = root_of(bench) / "trainings" / name
    results = train_all(replace(bench, folder=folder), jobs, data)
    failed = [score.failure.reason for one in results for score in one.scores.values() if score.failure]
    if failed:
        raise NoResult(f"a training of {candidate.key} failed: {failed[0]}")
    return results, folder / "artifacts"


def judge_candidates(
    bench: Bench, evaluator: str, candidates: Sequence[Candidate], data: DataSummary, seed: int
) -> Judged:
    """Train every candidate afresh and judge it on test, and all of them together."""
    from searchengine.judging.judge import judge  # loads torch

    costs, seconds = 0.0, 0.0
    weights: list[list[Path]] = []
    for candidate in candidates:
        results, store = train_candidate(bench, evaluator, candidate, data, seed)
        weights.append([Store(store).path(result.artifacts["weights"]) for result in results])
        costs += sum(one.cost for one in candidate.proposals)
        seconds += sum(result.seconds for result in results)

    def score(chosen: Sequence[int], repeat: int) -> float:
        found = judge(
            [(candidates[index].architecture, weights[index][repeat]) for index in chosen],
            data_root=bench.data_root,
            fingerprint=data.fingerprint,
        )
        arm = f"{bench.folder.parents[1].name} {bench.folder.parent.name}"
        keys = ", ".join(candidates[index].key[:12] for index in chosen)
        note_look(
            root_of(bench) / "ledger.jsonl",
            fingerprint=data.fingerprint,
            what=f"{arm} seed {seed} repeat {repeat}: {keys}",
            networks=len(chosen),
            metrics=found.metrics,
        )
        return found.metrics[data.metric]

    repeats = range(len(candidates[0].proposals))
    alone = [fmean(score([index], repeat) for repeat in repeats) for index in range(len(candidates))]
    everyone = range(len(candidates))
    together = fmean(score(everyone, repeat) for repeat in repeats) if len(candidates) > 1 else alone[0]
    return Judged(alone, together, costs, seconds)


def training_job(evaluator: str, genome: Json, key: str, proposal: Proposal, number: int, seed: int) -> Job:
    """A job outside a search: its seed follows from the experiment's, the network's key and the repeat."""
    return Job(
        number=number,
        evaluator=evaluator,
        kind=proposal.kind,
        subjects=(0,),
        genomes={0: genome},
        seed=job_seed(seed, int(digest([key, number])[:8], 16)),
        fidelity=proposal.fidelity,
        arguments=proposal.arguments,
        inputs={},
        recipe={"precision": "float32"},
        cost=proposal.cost,
        phase="final",
        protocol=proposal.protocol(evaluator),
    )
