"""The search: a steady-state tournament with many mutations a child early and one late.

Sample S of the population, take the fittest as parent, mutate, evaluate, add; the least fit leaves (not the
oldest: removal is by fitness alone). The number of mutations of a child is fixed when it is asked. Results
come in job order, one at a time; a failed one stays in the archive and never enters the population.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from searchengine.core.archive import Archive
from searchengine.core.errors import StateMismatch
from searchengine.core.finals import Leaders
from searchengine.core.generator import generator_from, state_of
from searchengine.core.jobs import Birth, Change, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Asked, Death, Outcome, Refused, Space, Told
from searchengine.core.params import Params
from searchengine.core.population import Individual, Population
from searchengine.core.schedules import mutations_for_round
from searchengine.core.selection import tournament
from searchengine.core.setting import DataSummary
from searchengine.methods.evanet.finale import Finale
from searchengine.methods.evanet.genome import Genome, key, parse, to_json
from searchengine.methods.evanet.handmade import HAND_MADE, hand_made, smallest
from searchengine.methods.evanet.operators import mutate, random_genome
from searchengine.methods.evanet.params import EvaNetParams
from searchengine.methods.evanet.space import RANDOM_DRAWS, REDRAWS, EvaNetSpace

VERSION = 1
DISTINCT_DRAWS = 50
"""Draws for a first population without duplicates, and for a child that differs from its parent."""
PARENTS = 10
"""Parents tried while all their children are over a cap, before a random genome is drawn."""
FREE_HITS = 20
"""Known children in a row that cost no round; after these every one counts, so that a small space ends."""
MOST_MEANS = 200
"""Means of re-evaluated networks that are remembered."""


class Draft(NamedTuple):
    """A genome about to be born."""

    genome: Genome
    operator: str
    parents: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()


class EvaNetSearch:
    """State: generator, counters, population with fitness, leaders, means of re-evaluated networks, final
    phase."""

    def __init__(
        self,
        params: Params,
        space: Space | None,
        data: DataSummary,
        rng: np.random.Generator,
        state: Json | None,
    ) -> None:
        if not isinstance(params, EvaNetParams) or not isinstance(space, EvaNetSpace):
            raise TypeError(f"expected EvaNetParams and an EvaNetSpace, got {type(params)} and {type(space)}")
        self._params = params
        self._space = space
        if state is not None and state.get("version") != VERSION:
            raise StateMismatch(f"expected a state of evanet version {VERSION}, got {state.get('version')!r}")
        kept: Json = state or {}
        self._rng = generator_from(kept["generator"]) if state else rng
        self._asked: int = kept.get("asked", 0)  # search proposals, re-evaluations left out
        self._told: int = kept.get("told", 0)
        self._rounds: int = kept.get("rounds", 0)
        self._untold: int = kept.get("untold", 0)
        self._hits: int = kept.get("hits", 0)
        self._streak: int = kept.get("streak", 0)
        self._closed: bool = kept.get("closed", False)
        self._population = Population.from_json(kept.get("population", []))
        self._leaders = Leaders.from_json(kept.get("leaders", []), params.ensemble_size)
        self._elite_untold: list[int] = list(kept.get("elite_untold", []))
        self._elite_at: int = kept.get("elite_at", 0)
        self._means: dict[str, list[float]] = dict(kept.get("means", {}))  # key -> [mean fitness, trainings]
        self._weights = {int(number): sha for number, sha in kept.get("weights", {}).items()}
        self._finale = Finale.from_json(kept["finale"]) if state else Finale()

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
            fresh.update(birth.key for birth in proposal.births if proposal.phase == "search")
            proposals.append(proposal)
            self._untold += 1
        return Asked(tuple(proposals), tuple(refused))

    def _next(
        self, number: int, archive: Archive, refused: list[Refused], fresh: set[str]
    ) -> Proposal | None:
        params = self._params
        if not self._closed and not self._finale.begun:
            if self._asked < params.population:
                return self._birth(self._first(archive, refused, fresh), number, archive, fresh)
            if self._told < params.population:
                return None  # parents are drawn from the whole first population
            if params.baselines and (proposal := self._finale.next_hand_made(self._space, number)):
                return proposal
            if elite := self._elite(archive):
                return elite
            if self._rounds < params.rounds:
                return self._birth(self._child(archive, refused), number, archive, fresh)
        if not self._finale.begun:
            if self._untold:
                return None
            self._finale.begin(self._finalists(archive), params.final_seeds)
        return self._finale.next(self._space, archive, self._untold)

    def _birth(self, draft: Draft, number: int, archive: Archive, fresh: set[str]) -> Proposal:
        """The proposal of a new birth. A child that is known already is answered from history and costs no
        round."""
        genome = to_json(draft.genome)
        proposal = self._space.evaluation(genome)
        if self._params.inherit_weights and draft.parents and (sha := self._weights.get(draft.parents[0])):
            proposal = replace(proposal, inputs={"parent": sha})
        name = self._space.key(genome)
        known = name in fresh or archive.evaluated(name, proposal.protocol(self._space.slug)) is not None
        hit = known and not proposal.inputs
        self._hits += hit
        self._streak = self._streak + 1 if hit else 0
        self._asked += 1
        cycle = 0
        if self._asked > self._params.population:
            cycle = self._rounds + 1
            self._rounds += not hit or self._streak > FREE_HITS
        birth = Birth(number, genome, name, draft.parents, draft.operator, draft.changes, cycle)
        return replace(proposal, subjects=(number,), births=(birth,))

    def _first(self, archive: Archive, refused: list[Refused], fresh: set[str]) -> Draft:
        """A member of the first population: hand-made with one mutation, or random; none twice while that is
        possible."""
        params = self._params
        seeded = round(params.hybrid_share * params.population) if params.initialisation == "hybrid" else 0
        names = tuple(HAND_MADE)
        name = names[self._asked % len(names)]

        def draw() -> Draft:
            if self._asked >= seeded:
                return Draft(random_genome(self._space.bounds, self._rng), "random")
            made = hand_made(name, self._space.bounds)
            genome, change = mutate(made, self._space.bounds, self._rng)
            origin = Change("hand_made", {"name": name}, f"from {HAND_MADE[name].title}")
            return Draft(genome, "seeded", (), (origin, change))

        for _ in range(DISTINCT_DRAWS):
            draft = self._within_caps(draw, REDRAWS, refused) or self._random(refused)
            name_of = key(draft.genome)
            if name_of not in fresh and archive.by_key(name_of) is None:
                break
        return draft

    def _random(self, refused: list[Refused]) -> Draft:
        """A random genome within the caps; the smallest there is when none of many draws is."""
        draft = self._within_caps(
            lambda: Draft(random_genome(self._space.bounds, self._rng), "random"), RANDOM_DRAWS, refused
        )
        return draft or Draft(smallest(self._space.bounds), "smallest")

    def _child(self, archive: Archive, refused: list[Refused]) -> Draft:
        """A mutated copy of a tournament's winner; a random genome when nobody is alive or no child fits the
        caps."""
        count = mutations_for_round(self._rounds, self._params.mutations_start, self._params.mutations_decay)
        for _ in range(PARENTS if len(self._population) else 0):
            parent = tournament(self._population, self._params.sample_size, self._rng).number
            genome = parse(archive.birth(parent).genome)

            def draw(parent: int = parent, genome: Genome = genome) -> Draft:
                child, changes = _mutated(genome, count, self._space, self._rng)
                return Draft(child, "mutation", (parent,), changes)

            draft = self._within_caps(draw, REDRAWS, refused)
            if draft is not None:
                return draft
        return self._random(refused)

    def _within_caps(self, draw: Callable[[], Draft], tries: int, refused: list[Refused]) -> Draft | None:
        """The first draft whose network is within the caps. Refused ones are recorded, the first few of each
        call."""
        for attempt in range(tries):
            draft = draw()
            reason = self._space.refusal(draft.genome)
            if reason is None:
                return draft
            if attempt < REDRAWS:
                refused.append(Refused(to_json(draft.genome), draft.parents, reason))
        return None

    def _elite(self, archive: Archive) -> Proposal | None:
        """The fittest network once more, every so many rounds: removal is by fitness, so a lucky score would
        stay."""
        every = self._params.reevaluate_elite
        if not every or self._rounds % every or self._elite_at == self._rounds or not len(self._population):
            return None
        self._elite_at = self._rounds
        number = self._population.fittest(1)[0].number
        self._elite_untold.append(number)
        return replace(self._space.evaluation(archive.birth(number).genome), subjects=(number,), reuse=False)

    def _finalists(self, archive: Archive) -> list[int]:
        """The best distinct births of the archive, by their mean where they were trained more than once."""
        size = self._params.ensemble_size
        found = archive.best(size + len(self._means))
        order = sorted(found, key=lambda one: (-self._means.get(one.key, [one.fitness])[0], one.number))
        return [one.number for one in order[:size]]

    # --- telling -----------------------------------------------------------------------------------

    def tell(self, report: Report, archive: Archive) -> Told:
        self._untold -= 1
        if report.phase == "final":
            self._finale.tell(report)
            return Told(keep=self._keep())
        number = report.subjects[0]
        fitness = report.scores[number].fitness
        if number in self._elite_untold:
            self._elite_untold.remove(number)
            if fitness is not None:
                self._average(number, fitness, archive)
            return Told(keep=self._keep())
        self._told += 1
        milestone = f"after {self._told} evaluations" if self._told % self._params.population == 0 else None
        if fitness is None:
            return Told((), (Death(number, "failed"),), self._keep(), milestone)
        self._leaders.add(report, archive)
        mean = self._means.get(archive.birth(number).key)
        self._population.add(Individual(number, mean[0] if mean else fitness))
        if self._params.inherit_weights and (sha := report.artifacts.get("weights")):
            self._weights[number] = sha
        deaths = []
        while len(self._population) > self._params.population:
            lost = self._population.remove_least_fit().number
            self._weights.pop(lost, None)
            deaths.append(Death(lost, "lost"))
        return Told((number,), tuple(deaths), self._keep(), milestone)

    def _average(self, number: int, fitness: float, archive: Archive) -> None:
        """Take another training of a network into its mean, wherever it stands in the population."""
        name = archive.birth(number).key
        score = archive.score(number)
        first = score.fitness if score is not None and score.fitness is not None else fitness
        mean, trainings = self._means.pop(name, [first, 1])
        self._means[name] = [(mean * trainings + fitness) / (trainings + 1), trainings + 1]
        while len(self._means) > MOST_MEANS:
            self._means.pop(next(iter(self._means)))
        members = []
        for one in self._population:
            same = archive.birth(one.number).key == name
            members.append(Individual(one.number, self._means[name][0]) if same else one)
        self._population = Population(members)

    def close(self) -> None:
        self._closed = True

    # --- reading -----------------------------------------------------------------------------------

    @property
    def finished(self) -> bool:
        return self._finale.done

    def progress(self) -> Json:
        params = self._params
        return {
            "cycle": self._rounds,
            "of": params.rounds,
            "population": self._population.numbers(),
            "phase": self._phase(),
            "mutations": mutations_for_round(self._rounds, params.mutations_start, params.mutations_decay),
            "known": self._hits,
            "itgm": self._finale.itgm,
            "ensemble": self._finale.ensemble_metrics,
        }

    def _phase(self) -> str:
        if self._finale.begun:
            return "finished" if self._finale.done else "final training"
        return "first population" if self._told < self._params.population else "rounds"

    def state(self) -> Json:
        return {
            "version": VERSION,
            "generator": state_of(self._rng),
            "asked": self._asked,
            "told": self._told,
            "rounds": self._rounds,
            "untold": self._untold,
            "hits": self._hits,
            "streak": self._streak,
            "closed": self._closed,
            "population": self._population.to_json(),
            "leaders": self._leaders.to_json(),
            "elite_untold": list(self._elite_untold),
            "elite_at": self._elite_at,
            "means": dict(self._means),
            "weights": {str(number): sha for number, sha in self._weights.items()},
            "finale": self._finale.to_json(),
        }

    def outcome(self, archive: Archive) -> Outcome:
        """The finalists once they were trained again, before that the leaders of the search."""
        final = self._finale.outcome()
        if final is not None:
            return final
        leaders = list(self._leaders)
        return Outcome(
            "ensemble", tuple(one.member for one in leaders), dict(leaders[0].metrics) if leaders else {}
        )

    def _keep(self) -> frozenset[str]:
        return self._leaders.weights() | self._finale.weights() | frozenset(self._weights.values())


def _mutated(
    parent: Genome, count: int, space: EvaNetSpace, rng: np.random.Generator
) -> tuple[Genome, tuple[Change, ...]]:
    """``count`` mutations of ``parent`` in a row, drawn again while they undo each other."""
    for _ in range(DISTINCT_DRAWS):
        genome, changes = parent, []
        for _ in range(count):
            genome, change = mutate(genome, space.bounds, rng)
            changes.append(change)
        if key(genome) != key(parent):
            break
    return genome, tuple(changes)
