"""Do learned weights know which stream is useless? Half of the stems are fed noise; the connections that
leave them should be the weak ones, and guided rewiring should lose them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean
from typing import Literal, NamedTuple

import numpy as np

from searchengine.core.generator import job_seed
from searchengine.core.jsontext import Json
from searchengine.core.population import Individual, Population
from searchengine.core.selection import tournament
from searchengine.driver.claims import Bench, Measured
from searchengine.experiments.judged import Candidate, train_candidate
from searchengine.methods.assemblenet.connections import from_blocks
from searchengine.methods.assemblenet.genome import Edge, Genome, to_json
from searchengine.methods.assemblenet.operators import child, random_genome
from searchengine.methods.assemblenet.space import AssembleNetSpace

DENSE = 0.7
"""Connection probability of the graphs whose weights are looked at."""
NOISE = {"rgb": "uniform", "flow": "normal"}


class Graph(NamedTuple):
    """A graph with the stems that read noise."""

    genome: Genome
    noisy: frozenset[int]

    @property
    def feed(self) -> Json:
        return {str(stem.id): NOISE[stem.kind] for stem in self.genome.stems if stem.id in self.noisy}


class Trained(NamedTuple):
    graph: Graph
    weights: Mapping[Edge, float]
    fitness: float
    cost: float
    seconds: float


def noise_shares(
    bench: Bench, space: AssembleNetSpace, seed: int, what: Literal["informative", "noise"]
) -> Measured:
    """Of one dense graph, trained once: the share of connections leaving informative or noisy stems whose
    learned weight is above one half."""
    rng = np.random.default_rng(job_seed(78, seed))
    found = _train(bench, space, first_with_noise(space, rng, DENSE), seed, 0)
    groups: dict[str, list[float]] = {"informative": [], "noise": []}
    for (source, _), weight in found.weights.items():
        if found.graph.genome.nodes[source].is_stem:
            groups["noise" if source in found.graph.noisy else "informative"].append(weight)
    weights = groups[what]
    details: Json = {"mean_weight": fmean(weights), "connections": len(weights)}
    kept = sum(weight > 0.5 for weight in weights) / len(weights)
    return Measured(kept, found.cost, found.seconds, details)


def noise_rounds(
    bench: Bench,
    space: AssembleNetSpace,
    seed: int,
    rule: Literal["guided", "random"],
    *,
    founders: int,
    rounds: int,
) -> Measured:
    """``rounds`` rounds of evolution from one first population of ``founders``, connections rewired by
    ``rule``: the share of the last population's stem connections that leave noise."""
    rng = np.random.default_rng(job_seed(79, seed))
    connection = space.params.connection_probability
    everyone = [
        _train(bench, space, first_with_noise(space, rng, connection), seed, number)
        for number in range(founders)
    ]
    start = _noise_share(everyone)
    population = Population(Individual(number, one.fitness) for number, one in enumerate(everyone))
    own = np.random.default_rng(job_seed(80, seed))
    for number in range(founders, founders + rounds):
        parent = everyone[tournament(population, space.params.sample_size, own).number]
        made = child(
            parent.graph.genome, parent.weights, space.bounds, own,
            threshold=0.5, mutations=1, rule=rule,
        )  # fmt: skip
        noisy = frozenset(now for was, now in made.nodes if was in parent.graph.noisy)
        everyone.append(_train(bench, space, Graph(made.genome, noisy), seed, number))
        population.add(Individual(number, everyone[-1].fitness))
        population.remove_least_fit()
    living = [everyone[number] for number in population.numbers()]
    share = _noise_share(living)
    details: Json = {"before": start, "fitness": fmean(one.fitness for one in living)}
    return Measured(share, sum(one.cost for one in everyone), sum(one.seconds for one in everyone), details)


def first_with_noise(space: AssembleNetSpace, rng: np.random.Generator, connection: float) -> Graph:
    """A random graph whose second stem of each stream reads noise."""
    genome = random_genome(space.bounds, rng, stems=4, connection=connection)
    by_stream = [[stem.id for stem in genome.stems if stem.kind == kind] for kind in ("rgb", "flow")]
    return Graph(genome, frozenset(stems[int(rng.integers(len(stems)))] for stems in by_stream))


def _train(bench: Bench, space: AssembleNetSpace, graph: Graph, seed: int, number: int) -> Trained:
    genome = to_json(graph.genome)
    proposal = space.evaluation(genome)
    proposal = replace(proposal, arguments={**proposal.arguments, "feed": graph.feed, "number": number})
    candidate = Candidate(
        genome, space.key(genome), space.describe(genome, space.search_setting), (proposal,)
    )
    (result,), _ = train_candidate(bench, space.slug, candidate, space.data, seed)
    (score,) = result.scores.values()
    weights = from_blocks(graph.genome, result.findings["weights"])
    return Trained(graph, weights, score.metrics["fitness"], proposal.cost, result.seconds)


def _noise_share(graphs: list[Trained]) -> float:
    leaving = [
        source in one.graph.noisy
        for one in graphs
        for source, _ in one.graph.genome.edges
        if one.graph.genome.nodes[source].is_stem
    ]
    return sum(leaving) / len(leaving)
