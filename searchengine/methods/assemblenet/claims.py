"""What the paper claims, at small scale: ``python -m searchengine claims assemblenet [--only C]``.

Protocol: the demo preset on ``digits-motion16``, final trainings of 300 steps; a seed is the search's and the
data's noise seed. Final scores are test accuracies of three fresh trainings; what is measured on validation
says so.
Searches and trainings are shared by the claims that need them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, median_low
from typing import Literal, NamedTuple

import numpy as np

from searchengine.core.generator import job_seed
from searchengine.core.jobs import Proposal, Result
from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.driver.claims import Arm, Bench, Claim, Measured
from searchengine.driver.control import control_plan
from searchengine.driver.plan import make_plan
from searchengine.experiments.judged import Candidate, Judged, judge_candidates, train_candidate
from searchengine.experiments.searches import Found, run_search
from searchengine.methods.assemblenet.claims_noise import noise_rounds, noise_shares
from searchengine.methods.assemblenet.genome import Genome, parse, to_json
from searchengine.methods.assemblenet.operators import random_genome
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import AssembleNetSpace

GUIDED, RANDOM = "guided", "random rewiring"
SEARCH, EQUAL = "search", "random search at equal cost"
LATE = 12
"""The last children of a search, by whose mean claim A compares where two searches look."""
TEST = "test accuracy"
VALIDATION = "validation accuracy"


class Protocol(NamedTuple):
    """What all arms share. ``repeats`` fresh trainings a network; ``values`` over the demo preset; ``graphs``
    random ones; ``founders`` and ``rounds`` of the small evolution with noise."""

    data: str = "digits-motion16"
    values: Json = {"final_steps": 300}
    repeats: int = 3
    graphs: int = 10
    founders: int = 8
    rounds: int = 8


def claims(protocol: Protocol) -> tuple[Claim, ...]:
    """The claims under ``protocol``."""

    def late(rule: str) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            values: Json = {"rewiring": rule, "evaluation_seeds": 2, "finalists": 0}
            found = _search(bench, seed, protocol, values, f"{rule}-twice")
            fitness = found.metric("fitness")
            details: Json = {"best": max(fitness), "first": fmean(fitness[:8])}
            return Measured(fmean(fitness[-LATE:]), found.cost, found.seconds, details)

        return arm

    def noise(what: Literal["informative", "noise"]) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            return noise_shares(bench, _space(bench, seed, protocol), seed, what)

        return arm

    def rounds(rule: Literal["guided", "random"]) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            space = _space(bench, seed, protocol)
            return noise_rounds(bench, space, seed, rule, founders=protocol.founders, rounds=protocol.rounds)

        return arm

    def without(stream: str | None) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, {}, "demo")
            judged = _judged(bench, seed, protocol, found.genomes[:1], silent=stream)
            return Measured(
                judged.alone[0], found.cost + judged.cost, found.seconds + judged.seconds,
                {"genome": found.genomes[0]},
            )  # fmt: skip

        return arm

    def median_founder(bench: Bench, seed: int) -> Measured:
        found = _search(bench, seed, protocol, {}, "demo")
        space = _space(bench, seed, protocol)
        founders = [one for one in found.records if one["fitness"] is not None and not one["parents"]]
        middle = median_low(one["fitness"] for one in founders[: space.params.population])
        genome = next(one["genome"] for one in founders if one["fitness"] == middle)
        judged = _judged(bench, seed, protocol, [genome])
        return Measured(judged.alone[0], judged.cost, judged.seconds, {"genome": genome})

    def gates(learned: bool) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            return _graph(bench, seed, protocol, learned=learned)

        return arm

    def again(control: bool) -> Arm:
        def arm(bench: Bench, seed: int) -> Measured:
            found = _search(bench, seed, protocol, {}, "demo")
            if control:
                found = _control(bench, seed, protocol, found.search_cost)
            details: Json = {"candidates": len(found.metric("fitness"))}
            return Measured(found.retrained, found.cost, found.seconds, details)

        return arm

    return (
        Claim(
            "A",
            "Rewiring guided by learned weights finds better children than random rewiring",
            GUIDED, RANDOM, {GUIDED: late("guided"), RANDOM: late("random")},
            seeds=3, margin=0.0, unit=f"fitness on validation, mean of the last {LATE} children",
        ),
        Claim(
            "A-weights",
            "Learned weights know which streams are noise: more of the others stay above one half",
            "informative", "noise", {"informative": noise("informative"), "noise": noise("noise")},
            seeds=4, margin=0.25, unit="share of connections kept at 0.5",
        ),
        Claim(
            "A-rounds",
            f"After {protocol.rounds} guided rounds fewer stem connections leave noise"
            " than after random ones",
            "random", "guided", {"random": rounds("random"), "guided": rounds("guided")},
            seeds=3, margin=0.0, unit="share of the population's stem connections that leave noise",
        ),
        Claim(
            "B-flow",
            "The found graph needs flow: fed zeros instead, it loses at least 0.10",
            "both streams", "RGB alone", {"both streams": without(None), "RGB alone": without("flow")},
            seeds=3, margin=0.10, unit=TEST,
        ),
        Claim(
            "B-rgb",
            "The found graph needs appearance: fed zeros instead, it loses at least 0.10",
            "both streams", "flow alone", {"both streams": without(None), "flow alone": without("rgb")},
            seeds=3, margin=0.10, unit=TEST,
        ),
        Claim(
            "C",
            "Learned connection weights beat weights held at one half, on the same over-connected graphs",
            "learned", "held at 0.5", {"learned": gates(True), "held at 0.5": gates(False)},
            seeds=protocol.graphs, margin=0.0, unit=f"{VALIDATION}, mean of two trainings",
        ),
        Claim(
            "D",
            "The search improves over its own first population",
            "best found", "median founder", {"best found": without(None), "median founder": median_founder},
            seeds=3, margin=0.10, unit=TEST,
        ),
        Claim(
            "demo",
            "The best network of the demo, trained again, beats that of random search at equal cost",
            SEARCH, EQUAL, {SEARCH: again(False), EQUAL: again(True)},
            seeds=3, margin=0.0, unit=f"{VALIDATION} after the final trainings",
        ),
    )  # fmt: skip


CLAIMS = claims(Protocol())


def _data(bench: Bench, seed: int, protocol: Protocol) -> DataSummary:
    return prepare(protocol.data, bench.data_root, Preparation(noise_seed=seed)).summary


def _space(bench: Bench, seed: int, protocol: Protocol) -> AssembleNetSpace:
    data = _data(bench, seed, protocol)
    plan = make_plan("assemblenet", data, seed=seed, values=protocol.values)
    return AssembleNetSpace(AssembleNetParams.parse(plan.params), plan.data)


def _search(bench: Bench, seed: int, protocol: Protocol, values: Json, name: str) -> Found:
    data = _data(bench, seed, protocol)
    plan = make_plan("assemblenet", data, seed=seed, values={**protocol.values, **values})
    return run_search(bench, plan, name)


def _control(bench: Bench, seed: int, protocol: Protocol, cost: float) -> Found:
    data = _data(bench, seed, protocol)
    plan = make_plan("assemblenet", data, seed=seed, values=protocol.values)
    beside = control_plan(plan, control="random_search", cost=cost)
    return run_search(bench, beside, "random_search-equal-cost")


def _judged(
    bench: Bench, seed: int, protocol: Protocol, genomes: Sequence[Json], silent: str | None = None
) -> Judged:
    """Fresh trainings of every genome with connection weights learned again, judged on test; the stems of
    stream ``silent`` read zeros."""
    space = _space(bench, seed, protocol)
    candidates = [
        Candidate(
            genome,
            space.key(genome),
            space.describe(genome, space.data.setting()),
            tuple(
                fed(space.final_evaluation(genome), _zeros(parse(genome), silent))
                for _ in range(protocol.repeats)
            ),
        )
        for genome in genomes
    ]
    return judge_candidates(bench, "assemblenet", candidates, space.data, seed)


def _graph(bench: Bench, seed: int, protocol: Protocol, *, learned: bool) -> Measured:
    """Two trainings of the ``seed``-th random graph on one data set, as in a search."""
    space = _space(bench, 0, protocol)
    rng = np.random.default_rng(job_seed(77, seed))
    genome = to_json(random_genome(space.bounds, rng, connection=space.params.connection_probability))
    proposal = space.evaluation(genome)
    if not learned:
        proposal = replace(proposal, arguments={**proposal.arguments, "fixed": True})
    candidate = Candidate(
        genome, space.key(genome), space.describe(genome, space.search_setting), (proposal, proposal)
    )
    results, _ = train_candidate(bench, "assemblenet", candidate, space.data, seed)
    accuracies = [_metric(result, space.data.metric) for result in results]
    details: Json = {"each": accuracies, "genome": genome}
    return Measured(fmean(accuracies), 2 * proposal.cost, sum(r.seconds for r in results), details)


def fed(proposal: Proposal, feed: Json) -> Proposal:
    """The proposal with stems fed something else; unchanged where ``feed`` is empty."""
    return replace(proposal, arguments={**proposal.arguments, "feed": feed}) if feed else proposal


def _zeros(genome: Genome, stream: str | None) -> Json:
    return {str(stem.id): "zeros" for stem in genome.stems if stem.kind == stream}


def _metric(result: Result, name: str) -> float:
    (score,) = result.scores.values()
    return score.metrics[name]
