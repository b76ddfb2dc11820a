"""The search: a steady-state tournament whose mutations are guided by what the parent's connections learned.

Sample S of the population, take the fittest as parent, rewire it once by its own connection weights, mutate
its structure, repair, evaluate, add; the least fit leaves. Weights belong to the individual: without them a
search that goes on elsewhere could not mutate. Results come in job order, one at a time; a failed one stays
in the archive and never enters the population.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from searchengine.core.archive import Archive
from searchengine.core.errors import StateMismatch
from searchengine.core.finals import Finals, Leaders
from searchengine.core.generator import generator_from, state_of
from searchengine.core.jobs import Birth, Change, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Asked, Death, Outcome, Refused, Space, Told
from searchengine.core.params import Params
from searchengine.core.population import Individual, Population
from searchengine.core.schedules import mutations_for_round
from searchengine.core.selection import tournament
from searchengine.core.setting import DataSummary
from searchengine.methods.assemblenet.connections import by_block, from_blocks, packed, unpacked
from searchengine.methods.assemblenet.genome import Edge, Genome, parse, to_json
from searchengine.methods.assemblenet.identity import key
from searchengine.methods.assemblenet.operators import Child, child, fully_connected, read_off
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.space import RANDOM_DRAWS, REDRAWS, AssembleNetSpace

VERSION = 1
BINS = 20
"""Bins of the histogram of connection weights, over [0, 1]."""


class Draft(NamedTuple):
    """A genome about to be born; ``start`` are weights that some of its connections begin from."""

    genome: Genome
    operator: str
    parents: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
    start: Mapping[Edge, float] | None = None


class AssembleNetSearch:
    """State: generator, counters, population with fitness and connection weights, leaders, final phase."""

    def __init__(
        self,
        params: Params,
        space: Space | None,
        data: DataSummary,
        rng: np.random.Generator,
        state: Json | None,
    ) -> None:
        if not isinstance(params, AssembleNetParams) or not isinstance(space, AssembleNetSpace):
            raise TypeError(f"expected AssembleNetParams and its space, got {type(params)} and {type(space)}")
        self._params = params
        self._space = space
        if state is not None and state.get("version") != VERSION:
            raise StateMismatch(
                f"expected a state of assemblenet version {VERSION}, got {state.get('version')!r}"
            )
        kept: Json = state or {}
        self._rng = generator_from(kept["generator"]) if state else rng
        self._asked: int = kept.get("asked", 0)
        self._told: int = kept.get("told", 0)
        self._untold: int = kept.get("untold", 0)
        self._closed: bool = kept.get("closed", False)
        self._population = Population.from_json(kept.get("population", []))
        self._leaders = Leaders.from_json(kept.get("leaders", []), max(params.finalists, 1))
        self._weights: dict[int, list[int]] = {
            int(number): list(row) for number, row in kept.get("weights", {}).items()
        }
        self._finals = Finals.from_json(kept["finals"]) if state else Finals()
        self._ablation: Json = kept.get("ablation", {})

    # --- asking ------------------------------------------------------------------------------------

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        proposals: list[Proposal] = []
        refused: list[Refused] = []
        fresh: set[str] = set()  # keys proposed in this call: the archive does not know them yet
        while len(proposals) < count:
            number = first_birth + sum(len(proposal.births) for proposal in proposals)
            proposal = self._next(number, archive, refused, fresh)
            if proposal is None:
                break
            fresh.update(birth.key for birth in proposal.births)
            proposals.append(proposal)
            self._untold += 1
        return Asked(tuple(proposals), tuple(refused))

    def _next(
        self, number: int, archive: Archive, refused: list[Refused], fresh: set[str]
    ) -> Proposal | None:
        if not self._closed and self._finals.chosen is None and self._asked < self._params.evaluations():
            draft = self._draft(archive, refused, fresh)
            if draft is not None:
                return self._birth(draft, number)
            if not self._closed:
                return None
        if self._untold and self._finals.chosen is None:
            return None
        if self._finals.chosen is None:
            self._finals.begin(self._leaders if self._params.finalists else Leaders(1))
        return self._finals.next(lambda genome: self._final(genome, archive), archive)

    def _draft(self, archive: Archive, refused: list[Refused], fresh: set[str]) -> Draft | None:
        """The next genome; None while it depends on results that are not told yet."""
        if self._params.mode == "one_shot":
            return self._one_shot(archive, refused)
        if self._asked < self._params.population:
            return self._random(archive, refused, fresh)
        if self._told < self._params.population:
            return None  # parents are drawn from the whole first population
        if not len(self._population):
            return self._random(archive, refused, fresh)
        for attempt in range(REDRAWS):
            draft = self._child(archive)
            reason = self._space.refusal(draft.genome)
            if reason is not None:
                refused.append(Refused(to_json(draft.genome), draft.parents, reason))
            elif not self._known(draft.genome, archive, fresh) or attempt == REDRAWS - 1:
                return draft
        return self._random(archive, refused, fresh)

    def _one_shot(self, archive: Archive, refused: list[Refused]) -> Draft | None:
        if self._asked == 0:
            for _ in range(RANDOM_DRAWS):
                genome = fully_connected(self._space.random_genome(self._rng))
                reason = self._space.refusal(genome)
                if reason is None:
                    break
                if len(refused) < REDRAWS:
                    refused.append(Refused(to_json(genome), (), reason))
            return Draft(genome, "fully_connected")
        if self._told == 0:
            return None
        parent = parse(archive.birth(0).genome)
        made = read_off(parent, self._learned(0, parent), self._threshold(), self._rng)
        if key(made.genome) == key(parent):  # its training failed, or learned every connection strong
            self._closed = True
            return None
        return Draft(made.genome, "read_off", (0,), made.changes)

    def _random(self, archive: Archive, refused: list[Refused], fresh: set[str]) -> Draft:
        """A random over-connected graph within the caps that is new while that is possible."""
        for attempt in range(RANDOM_DRAWS):
            genome = self._space.random_genome(self._rng)
            reason = self._space.refusal(genome)
            if reason is None and (attempt >= REDRAWS or not self._known(genome, archive, fresh)):
                break
            if reason is not None and attempt < REDRAWS:
                refused.append(Refused(to_json(genome), (), reason))
        return Draft(genome, "random")

    def _child(self, archive: Archive) -> Draft:
        params = self._params
        number = tournament(self._population, params.sample_size, self._rng).number
        parent = parse(archive.birth(number).genome)
        weights = self._learned(number, parent)
        made = child(
            parent,
            weights,
            self._space.bounds,
            self._rng,
            threshold=self._threshold(),
            mutations=mutations_for_round(self._rounds, params.mutations_start, params.mutations_decay),
            rule=params.rewiring,
        )
        start = _carried(made, weights) if params.inherit_logits else None
        return Draft(made.genome, "mutation", (number,), made.changes, start)

    def _birth(self, draft: Draft, number: int) -> Proposal:
        genome = to_json(draft.genome)
        proposal = self._space.evaluation(genome)
        if draft.start:
            proposal = replace(
                proposal, arguments={**proposal.arguments, "start": by_block(draft.genome, draft.start)}
            )
        self._asked += 1
        birth = Birth(
            number, genome, key(draft.genome), draft.parents, draft.operator, draft.changes, self._rounds
        )
        return replace(proposal, subjects=(number,), births=(birth,))

    def _final(self, genome: Json, archive: Archive) -> Proposal:
        graph = parse(genome)
        name = key(graph)
        leader = next(one for one in self._leaders if one.key == name)
        return self._space.final_evaluation(genome, self._learned(leader.birth, graph))

    def _threshold(self) -> float:
        params = self._params
        return float(self._rng.random()) if params.threshold_rule == "uniform" else params.threshold

    def _learned(self, number: int, genome: Genome) -> dict[Edge, float]:
        return unpacked(genome, self._weights[number]) if number in self._weights else {}

    def _known(self, genome: Genome, archive: Archive, fresh: set[str]) -> bool:
        name = key(genome)
        return name in fresh or archive.by_key(name) is not None

    @property
    def _rounds(self) -> int:
        """Children asked so far: the method's clock."""
        first = 1 if self._params.mode == "one_shot" else self._params.population
        return max(0, self._asked - first)

    # --- telling -----------------------------------------------------------------------------------

    def tell(self, report: Report, archive: Archive) -> Told:
        self._untold -= 1
        if report.phase == "final":
            self._finals.tell(report, archive)
            best = next(iter(self._finals.scored), None)
            if best is not None and best.job == report.job:
                self._ablation = {"birth": best.birth, **report.findings.get("ablation", {})}
            return Told(keep=self._keep())
        number = report.subjects[0]
        fitness = report.scores[number].fitness
        self._told += 1
        milestone = f"after {self._told} evaluations" if self._told % self._params.population == 0 else None
        if fitness is None:
            return Told((), (Death(number, "failed"),), self._keep(), milestone)
        genome = parse(archive.birth(number).genome)
        self._leaders.add(report, archive)
        self._population.add(Individual(number, fitness))
        self._weights[number] = packed(genome, from_blocks(genome, report.findings.get("weights", {})))
        deaths = []
        while len(self._population) > self._params.population:
            deaths.append(Death(self._population.remove_least_fit().number, "lost"))
        needed = {*self._population.numbers(), *(one.birth for one in self._leaders)}
        self._weights = {one: row for one, row in self._weights.items() if one in needed}
        return Told((number,), tuple(deaths), self._keep(), milestone)

    def close(self) -> None:
        self._closed = True

    # --- reading -----------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        return self._finals.done

    def progress(self) -> Json:
        params = self._params
        return {
            "cycle": self._rounds,
            "of": params.evaluations() - (1 if params.mode == "one_shot" else params.population),
            "population": self._population.numbers(),
            "phase": self._phase(),
            "mutations": mutations_for_round(self._rounds, params.mutations_start, params.mutations_decay),
            "weights": self._histogram(),
            "ablation": self._ablation,
        }

    def _phase(self) -> str:
        if self._finals.chosen is not None:
            return "finished" if self._finals.done else "final training"
        if self._params.mode == "one_shot":
            return "fully connected graph" if self._told == 0 else "read off"
        return "first population" if self._told < self._params.population else "rounds"

    def _histogram(self) -> list[int]:
        """Connection weights of the living, counted in equal bins over [0, 1]."""
        counts = [0] * BINS
        for number in self._population.numbers():
            for weight in self._weights.get(number, ()):
                if weight >= 0:
                    counts[min(BINS - 1, weight * BINS // 10_000)] += 1
        return counts

    def state(self) -> Json:
        return {
            "version": VERSION,
            "generator": state_of(self._rng),
            "asked": self._asked,
            "told": self._told,
            "untold": self._untold,
            "closed": self._closed,
            "population": self._population.to_json(),
            "leaders": self._leaders.to_json(),
            "weights": {str(number): list(row) for number, row in self._weights.items()},
            "finals": self._finals.to_json(),
            "ablation": self._ablation,
        }

    def outcome(self, archive: Archive) -> Outcome:
        """The finalists by their longer training; before that, the leaders by their score in the search."""
        best = list(self._finals.scored) or list(self._leaders)
        return Outcome("network", tuple(one.member for one in best), dict(best[0].metrics) if best else {})

    def _keep(self) -> frozenset[str]:
        return self._leaders.weights() | self._finals.scored.weights()


def _carried(made: Child, weights: Mapping[Edge, float]) -> dict[Edge, float]:
    """The parent's weights on the connections of the child that continue one of its, one half elsewhere."""
    origin: dict[int, int] = {number: was for was, number in made.nodes}
    found = {}
    for source, target in made.genome.weighted:
        was = (origin.get(source, -1), origin.get(target, -1))
        found[(source, target)] = weights.get(was, 0.5)
    return found
