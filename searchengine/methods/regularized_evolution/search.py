"""Ageing evolution (Real et al. 2019, arXiv 1802.01548, algorithm 1), one child at a time.

Departure: the paper waits until the whole first population is trained; here a child may be made as soon as
the first population was asked and one of it was told, so that no worker waits. Selection then sees who was
told.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from searchengine.core.archive import Archive
from searchengine.core.controls import Ending
from searchengine.core.errors import InfeasibleArchitecture, StateMismatch
from searchengine.core.generator import generator_from, state_of
from searchengine.core.jobs import Birth, Change, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Asked, Death, Outcome, Refused, Space, Told
from searchengine.core.params import Params
from searchengine.core.population import Individual, Population
from searchengine.core.selection import tournament
from searchengine.core.setting import DataSummary
from searchengine.methods.regularized_evolution.params import RegularizedEvolutionParams

VERSION = 1
MOST_REDRAWS = 20  # infeasible children of one parent in a row; then a random genome takes the place


class RegularizedEvolution:
    """State: the generator, the population in order of entering, the counters, the leaders, the final
    phase."""

    def __init__(
        self,
        params: Params,
        space: Space | None,
        data: DataSummary,
        rng: np.random.Generator,
        state: Json | None,
    ) -> None:
        assert isinstance(params, RegularizedEvolutionParams)
        assert space is not None
        if state is not None and state.get("version") != VERSION:
            raise StateMismatch(
                f"expected a state of regularized_evolution version {VERSION}, got {state.get('version')!r}"
            )
        self._params = params
        self._space = space
        self._rng = generator_from(state["generator"]) if state else rng
        self._population = Population.from_json(state["population"]) if state else Population()
        self._asked: int = state["asked"] if state else 0
        self._told: int = state["told"] if state else 0
        self._closed: bool = state["closed"] if state else False
        finalists = self._params.finalists
        self._ending = Ending.from_json(state["ending"], finalists) if state else Ending(finalists)

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        proposals: list[Proposal] = []
        refused: list[Refused] = []
        while len(proposals) < count:
            number = first_birth + sum(len(made.births) for made in proposals)
            proposal = self._next(number, archive, refused)
            if proposal is None:
                break
            proposals.append(proposal)
        return Asked(tuple(proposals), tuple(refused))

    def _next(self, number: int, archive: Archive, refused: list[Refused]) -> Proposal | None:
        if not self._closed and self._asked < self._params.evaluations:
            if self._asked < self._params.population:
                return self._random(number)
            if len(self._population):
                return self._child(number, archive, refused)
            if self._told == self._asked:  # every one of the first population failed
                return self._random(number)
            return None
        if self._told < self._asked:
            return None
        return self._ending.next(self._space, archive)

    def _random(self, number: int) -> Proposal:
        genome = self._space.random(self._rng)
        return self._born(
            Birth(number, genome, self._space.key(genome), operator="random", cycle=self._cycle)
        )

    def _child(self, number: int, archive: Archive, refused: list[Refused]) -> Proposal:
        parent = tournament(self._population, self._params.sample_size, self._rng).number
        genome = archive.birth(parent).genome
        for _ in range(MOST_REDRAWS):
            child = self._space.mutate(genome, self._rng)
            try:
                return self._born(self._birth(number, child.genome, parent, child.changes))
            except InfeasibleArchitecture as error:
                refused.append(Refused(child.genome, (parent,), str(error)))
        return self._random(number)

    def _birth(self, number: int, genome: Json, parent: int, changes: tuple[Change, ...]) -> Birth:
        return Birth(number, genome, self._space.key(genome), (parent,), "mutation", changes, self._cycle)

    @property
    def _cycle(self) -> int:
        """0 for the first population, then one child a cycle."""
        return max(0, self._asked - self._params.population + 1)

    def _born(self, birth: Birth) -> Proposal:
        proposal = self._space.evaluation(birth.genome)
        self._asked += 1
        return replace(proposal, subjects=(birth.number,), births=(birth,))

    def tell(self, report: Report, archive: Archive) -> Told:
        self._ending.tell(report, archive)
        if report.phase == "final":
            return Told(keep=self._ending.keep())
        self._told += 1
        number = report.subjects[0]
        fitness = report.scores[number].fitness
        if fitness is None:
            return Told((), (Death(number, "failed"),), self._ending.keep(), self._milestone())
        self._population.add(Individual(number, fitness))
        deaths: tuple[Death, ...] = ()
        if len(self._population) > self._params.population:
            deaths = (Death(self._population.remove_oldest().number, "aged"),)
        return Told((number,), deaths, self._ending.keep(), self._milestone())

    def _milestone(self) -> str | None:
        generation, rest = divmod(self._told, self._params.population)
        return f"generation {generation}" if rest == 0 else None

    def close(self) -> None:
        self._closed = True

    @property
    def finished(self) -> bool:
        return self._ending.done

    def progress(self) -> Json:
        return {"cycle": self._told, "of": self._params.evaluations, "population": self._population.numbers()}

    def state(self) -> Json:
        return {
            "version": VERSION,
            "generator": state_of(self._rng),
            "population": self._population.to_json(),
            "asked": self._asked,
            "told": self._told,
            "closed": self._closed,
            "ending": self._ending.to_json(),
        }

    def outcome(self, archive: Archive) -> Outcome:
        return self._ending.outcome()
