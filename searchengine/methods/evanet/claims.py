"""What the paper claims, at small scale: ``python -m searchengine claims evanet [--only A] [--seeds N]``.

Protocol: the demo preset on moving digits, the search's seed is the data's noise seed too. Final scores are
test accuracies of three fresh trainings of 240 steps, the same for every arm. Searches are shared by the
claims that need them: the second claim finds the first one's folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.driver.claims import Arm, Bench, Claim, Measured
from searchengine.driver.control import control_plan
from searchengine.driver.plan import make_plan
from searchengine.experiments.judged import Candidate, Judged, judge_candidates
from searchengine.experiments.searches import Found, run_search
from searchengine.methods.evanet.genome import to_json
from searchengine.methods.evanet.handmade import uniform
from searchengine.methods.evanet.params import EvaNetParams
from searchengine.methods.evanet.space import EvaNetSpace

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


def claims(protocol: Protocol) -> tuple[Claim, ...]:
    """The claims under ``protocol``."""

    def late(control: bool) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, control=control)
            return Measured(
                fmean(found.metric("accuracy")[-LATE:]),
                found.cost,
                found.seconds,
                {"best": max(found.metric("accuracy"))},
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
            return Measured(
                found.retrained, found.cost, found.seconds, {"candidates": len(found.metric("accuracy"))}
            )

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
    """A whole search, run once for all claims. A control gets as many evaluations as the search, or its
    ``cost``."""
    plan = make_plan("evanet", _data(bench, seed, protocol), seed=seed, values=protocol.values)
    plan = control_plan(plan, cost=cost) if control else plan
    return run_search(bench, plan, plan.method if cost is None else f"{plan.method}-equal-cost")


def _judged(bench: Bench, seed: int, protocol: Protocol, genomes: Sequence[Json]) -> Judged:
    """Fresh trainings of every genome, judged on test alone and together."""
    space = _space(bench, seed, protocol)
    candidates = [
        Candidate(
            genome,
            space.key(genome),
            space.describe(genome, space.data.setting()),
            tuple(space.final_evaluation(genome, repeat) for repeat in range(protocol.repeats)),
        )
        for genome in genomes
    ]
    return judge_candidates(bench, "evanet", candidates, space.data, seed)
