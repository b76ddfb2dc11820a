"""What the paper claims, at small scale: ``python -m searchengine claims evanet [--only A] [--seeds N]``.

Protocol: the demo preset on moving digits, the search's seed is the data's noise seed too. Final scores are
test accuracies of three fresh trainings of 240 steps, the same for every arm. Searches are shared by the
claims that need them: the second claim finds the first one's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from searchengine.core.errors import EngineError
from searchengine.core.generator import job_seed
from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json, digest
from searchengine.core.setting import DataSummary
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.driver.claims import Arm, Bench, Claim, Measured
from searchengine.driver.control import control_plan
from searchengine.driver.files import alone_in
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun
from searchengine.driver.plan import make_plan
from searchengine.driver.summary import summary
from searchengine.jobs.store import Store
from searchengine.judging.ledger import note_look
from searchengine.methods.evanet.genome import to_json
from searchengine.methods.evanet.handmade import uniform
from searchengine.methods.evanet.params import EvaNetParams
from searchengine.methods.evanet.space import EvaNetSpace
from searchengine.methods.evanet.trainings import train_all

EVOLUTION, RANDOM = "evolution", "random search"
LATE = 15
"""The last candidates of a search, by whose mean claim A compares where two searches look."""
TEST = "test accuracy"
EQUAL = "random search at equal cost"


class Protocol(NamedTuple):
    """What all arms share. ``repeats`` fresh trainings a network; ``values`` over the demo preset."""

    data: str = "digits-motion"
    values: Json = {"baselines": False}
    repeats: int = 3


class NoResult(EngineError):
    """A search of a claim ended without any network."""


class Found(NamedTuple):
    """A finished search: members of its result best first, accuracies of its candidates in order, the best
    accuracy after the final trainings, the cost of the search phase and of everything."""

    genomes: list[Json]
    accuracies: list[float]
    retrained: float
    search_cost: float
    cost: float
    seconds: float


class Judged(NamedTuple):
    """Test accuracy of each of several networks alone (means over repeats) and of all of them together."""

    alone: list[float]
    together: float
    cost: float
    seconds: float


def claims(protocol: Protocol) -> tuple[Claim, ...]:
    """The claims under ``protocol``."""

    def late(control: bool) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, control=control)
            return Measured(
                fmean(found.accuracies[-LATE:]), found.cost, found.seconds, {"best": max(found.accuracies)}
            )

        return arm

    def winner(control: bool) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, control=control)
            judged = _judged(bench, seed, protocol, found.genomes[:1])
            return Measured(
                judged.alone[0],
                found.cost + judged.cost,
                found.seconds + judged.seconds,
                {"genome": found.genomes[0]},
            )

        return arm

    def again(control: bool) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, control=False)
            if control:
                found = _search(bench, seed, protocol, control=True, cost=found.search_cost)
            return Measured(found.retrained, found.cost, found.seconds, {"candidates": len(found.accuracies)})

        return arm

    def hand_made(layers: Sequence[tuple[str, int]]) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            judged = _judged(
                bench, seed, protocol, [_uniform(bench, seed, protocol, op, t) for op, t in layers]
            )
            each = {f"{op} {t}": value for (op, t), value in zip(layers, judged.alone, strict=True)}
            return Measured(max(judged.alone), judged.cost, judged.seconds, {"each": each})

        return arm

    def top_three(together: bool) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, control=False)
            judged = _judged(bench, seed, protocol, found.genomes[:3])
            value = judged.together if together else judged.alone[0]
            cost = judged.cost if together else judged.cost / len(judged.alone)
            details: Json = {"alone": judged.alone, "together": judged.together}
            return Measured(value, found.cost + cost, found.seconds + judged.seconds, details)

        return arm

    return (
        Claim(
            "A",
            "Evolution's last candidates are better than those of random search at equal evaluations",
            EVOLUTION, RANDOM, {EVOLUTION: late(False), RANDOM: late(True)},
            seeds=3, margin=0.10, unit=f"validation accuracy, mean of the last {LATE} candidates",
        ),
        Claim(
            "A-best",
            "The best network of evolution is not worse than that of random search, trained again",
            EVOLUTION, RANDOM, {EVOLUTION: winner(False), RANDOM: winner(True)},
            seeds=3, margin=-0.01, unit=TEST,
        ),
        Claim(
            "demo",
            "The best network of the demo, trained again, beats that of random search at equal cost",
            EVOLUTION, EQUAL, {EVOLUTION: again(False), EQUAL: again(True)},
            seeds=5, margin=0.0, unit="validation accuracy after the final trainings",
        ),
        Claim(
            "B",
            "The found network beats the best hand-made network of the same width and training",
            "found", "hand-made",
            {"found": winner(False), "hand-made": hand_made((("conv3d", 3), ("conv2p1d", 3), ("itgm", 7)))},
            seeds=3, margin=0.05, unit=TEST,
        ),
        Claim(
            "C",
            "A longer iTGM is better at the same number of parameters",
            "7 frames", "3 frames",
            {"7 frames": hand_made((("itgm", 7),)), "3 frames": hand_made((("itgm", 3),))},
            seeds=3, margin=0.05, unit=TEST,
        ),
        Claim(
            "D",
            "The ensemble of the three best distinct networks beats the best of them",
            "ensemble", "best single", {"ensemble": top_three(True), "best single": top_three(False)},
            seeds=3, margin=0.01, unit=TEST,
        ),
    )  # fmt: skip


CLAIMS = claims(Protocol())


def _root(bench: Bench) -> Path:
    """The folder all claims of this method share: a bench is ``root/claim/arm/seed``."""
    return bench.folder.parents[2]


def _data(bench: Bench, seed: int, protocol: Protocol) -> DataSummary:
    return prepare(protocol.data, bench.data_root, Preparation(noise_seed=seed)).summary


def _space(bench: Bench, seed: int, protocol: Protocol) -> EvaNetSpace:
    plan = make_plan("evanet", _data(bench, seed, protocol), seed=seed, values=protocol.values)
    return EvaNetSpace(EvaNetParams.parse(plan.params), plan.data)


def _uniform(bench: Bench, seed: int, protocol: Protocol, op: str, t: int) -> Json:
    bounds = _space(bench, seed, protocol).bounds
    sizes = tuple(sorted({*bounds.temporal_sizes, t}))
    return to_json(uniform(op, t, bounds._replace(temporal_sizes=sizes)))


def _search(
    bench: Bench, seed: int, protocol: Protocol, *, control: bool, cost: float | None = None
) -> Found:
    """A whole search, run once for all claims; taken up where it stopped. A control gets as many evaluations
    as the search, or its ``cost``. Raises ``NoResult``."""
    plan = make_plan("evanet", _data(bench, seed, protocol), seed=seed, values=protocol.values)
    plan = control_plan(plan, cost=cost) if control else plan
    kind = plan.method if cost is None else f"{plan.method}-equal-cost"
    path = _root(bench) / "searches" / kind / f"seed{seed}"
    with alone_in(path):
        if not (path / "plan.json").exists():
            RunFolder.create(path, plan, preset="demo", workers=bench.workers, control=False).close()
        folder = RunFolder(path)
        try:
            LocalRun(folder, workers=bench.workers, data_root=bench.data_root, device=bench.device).run()
            report = summary(folder)
            records = folder.lineage.records()
        finally:
            folder.close()
    members = report["result"]["members"]
    if not members:
        raise NoResult(f"the search in {path} ended without a network; look at its failures")
    accuracies = [
        one["metrics"]["accuracy"]
        for record in records
        for one in record["evaluations"][:1]
        if one["phase"] == "search" and one["failure"] is None
    ]
    return Found(
        genomes=[member["genome"] for member in members],
        accuracies=accuracies,
        retrained=max(member["metrics"]["accuracy"] for member in members),
        search_cost=report["cost"],
        cost=report["cost"] + report["final_cost"],
        seconds=report["training_seconds"],
    )


def _judged(bench: Bench, seed: int, protocol: Protocol, genomes: Sequence[Json]) -> Judged:
    """Fresh trainings of every genome, judged on test alone and together. Trainings of a genome are
    shared."""
    from searchengine.judging.judge import judge  # loads torch

    space = _space(bench, seed, protocol)
    setting = space.data.setting()
    costs, seconds = 0.0, 0.0
    weights: list[list[Path]] = []
    for genome in genomes:
        key = space.key(genome)
        folder = _root(bench) / "trainings" / f"{key}-seed{seed}"
        jobs = [_job(space, genome, repeat, seed) for repeat in range(protocol.repeats)]
        results = train_all(replace(bench, folder=folder), jobs, space.data)
        failed = [score.failure.reason for one in results for score in one.scores.values() if score.failure]
        if failed:
            raise NoResult(f"a final training of {key} failed: {failed[0]}")
        store = Store(folder / "artifacts")
        weights.append([store.path(result.artifacts["weights"]) for result in results])
        costs += sum(job.cost for job in jobs)
        seconds += sum(result.seconds for result in results)
    networks = [space.describe(genome, setting) for genome in genomes]

    def score(chosen: Sequence[int], repeat: int) -> float:
        found = judge(
            [(networks[index], weights[index][repeat]) for index in chosen],
            data_root=bench.data_root,
            fingerprint=space.data.fingerprint,
        )
        arm = f"{bench.folder.parents[1].name} {bench.folder.parent.name}"
        keys = ", ".join(space.key(genomes[index])[:12] for index in chosen)
        note_look(
            _root(bench) / "ledger.jsonl",
            fingerprint=space.data.fingerprint,
            what=f"{arm} seed {seed} repeat {repeat}: {keys}",
            networks=len(chosen),
            metrics=found.metrics,
        )
        return found.metrics["accuracy"]

    repeats = range(protocol.repeats)
    alone = [fmean(score([index], repeat) for repeat in repeats) for index in range(len(genomes))]
    everyone = range(len(genomes))
    together = fmean(score(everyone, repeat) for repeat in repeats) if len(genomes) > 1 else alone[0]
    return Judged(alone, together, costs, seconds)


def _job(space: EvaNetSpace, genome: Json, repeat: int, seed: int) -> Job:
    proposal = space.final_evaluation(genome, repeat)
    return Job(
        number=repeat,
        evaluator="evanet",
        kind=proposal.kind,
        subjects=(0,),
        genomes={0: genome},
        seed=job_seed(seed, int(digest([space.key(genome), repeat])[:8], 16)),
        fidelity=proposal.fidelity,
        arguments=proposal.arguments,
        inputs={},
        recipe={"precision": "float32"},
        cost=proposal.cost,
        phase="final",
        protocol=proposal.protocol("evanet"),
    )
