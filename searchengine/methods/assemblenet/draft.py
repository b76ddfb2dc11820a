"""A genome under change: nodes keep their names while edges and nodes come and go, and are numbered anew at
the end. Everything that was done is remembered, in the numbers that pages show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from searchengine.methods.assemblenet.genome import LEVELS, Edge, Genome, Node
from searchengine.methods.assemblenet.identity import canonical_order, renumbered


@dataclass
class Draft:
    """``nodes`` by name (a parent's id; new ones get larger names), ``inputs`` a node; ``origin`` tells which
    node of the parent each one continues; ``repaired`` are connections that only repair added."""

    depth: int
    stem_total: int
    nodes: dict[int, Node]
    inputs: dict[int, set[int]]
    origin: dict[int, int]
    repaired: list[Edge] = field(default_factory=list)

    @classmethod
    def of(cls, genome: Genome) -> Draft:
        return cls(
            genome.depth,
            genome.stem_total,
            {node.id: node for node in genome.nodes},
            {node.id: set(node.inputs) for node in genome.blocks},
            {node.id: node.id for node in genome.nodes},
        )

    @property
    def edges(self) -> list[Edge]:
        return [(source, target) for target in sorted(self.inputs) for source in sorted(self.inputs[target])]

    def admissible(self) -> list[Edge]:
        return [
            (source, target)
            for target in sorted(self.inputs)
            for source in sorted(self.nodes)
            if self.nodes[source].level < self.nodes[target].level
        ]

    def readers(self, name: int) -> list[int]:
        return [target for target in sorted(self.inputs) if name in self.inputs[target]]

    def at(self, level: int) -> list[int]:
        return sorted(name for name, node in self.nodes.items() if node.level == level)

    def total(self, level: int) -> int:
        return sum(self.nodes[name].filters for name in self.at(level))

    def fresh(self) -> int:
        """A name no node has or had."""
        return max([*self.nodes, *self.origin]) + 1

    def remove(self, name: int) -> None:
        del self.nodes[name]
        self.inputs.pop(name, None)
        for read in self.inputs.values():
            read.discard(name)

    def repair(self, rng: np.random.Generator) -> None:
        """A block without inputs gets one random admissible input; then a node below level 4 that nobody
        reads gets one random reader of a higher level. Either way the connection is among ``repaired``."""
        for name in sorted(self.inputs):
            if not self.inputs[name]:
                lower = [one for one in sorted(self.nodes) if self.nodes[one].level < self.nodes[name].level]
                self._connect(lower[int(rng.integers(len(lower)))], name)
        for name in sorted(self.nodes):
            level = self.nodes[name].level
            if level < LEVELS and not self.readers(name):
                higher = [one for one in sorted(self.inputs) if self.nodes[one].level > level]
                self._connect(name, higher[int(rng.integers(len(higher)))])

    def _connect(self, source: int, target: int) -> None:
        self.inputs[target].add(source)
        self.repaired.append((source, target))

    def settled(self) -> tuple[Genome, dict[int, int]]:
        """The genome, numbered canonically, and the number each name got."""
        order = sorted(self.nodes, key=lambda name: (self.nodes[name].level, name))
        plain = {name: place for place, name in enumerate(order)}
        nodes = tuple(
            replace(
                self.nodes[name],
                id=plain[name],
                inputs=tuple(sorted(plain[one] for one in self.inputs.get(name, ()))),
            )
            for name in order
        )
        genome = Genome(self.depth, self.stem_total, nodes)
        final = canonical_order(genome)
        place = {plain_id: number for number, plain_id in enumerate(final)}
        return renumbered(genome, final), {name: place[plain[name]] for name in self.nodes}
