"""Who is alive: a bounded list of births and their fitness, in order of entering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from searchengine.core.jsontext import JsonValue


class Individual(NamedTuple):
    """A birth in the population; ``fitness`` is finite, higher is better."""

    number: int
    fitness: float


class Population:
    """Individuals in order of entering, the oldest first. Failed births never enter."""

    def __init__(self, members: Iterable[Individual] = ()) -> None:
        self._members = list(members)

    def add(self, individual: Individual) -> None:
        self._members.append(individual)

    def remove_oldest(self) -> Individual:
        """Ageing (Real et al. 2019, arXiv 1802.01548): whoever entered first leaves."""
        return self._members.pop(0)

    def remove_least_fit(self) -> Individual:
        """The least fit leaves; of equals the oldest."""
        index = min(range(len(self._members)), key=lambda place: (self._members[place].fitness, place))
        return self._members.pop(index)

    def fittest(self, count: int) -> list[Individual]:
        """Fittest first, of equals the earlier birth."""
        return sorted(self._members, key=lambda one: (-one.fitness, one.number))[:count]

    def numbers(self) -> list[int]:
        return [one.number for one in self._members]

    def __getitem__(self, place: int) -> Individual:
        return self._members[place]

    def __iter__(self) -> Iterator[Individual]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def to_json(self) -> JsonValue:
        return [[one.number, one.fitness] for one in self._members]

    @classmethod
    def from_json(cls, value: JsonValue) -> Population:
        return cls(Individual(int(number), float(fitness)) for number, fitness in value)
