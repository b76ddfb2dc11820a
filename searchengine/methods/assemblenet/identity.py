"""One numbering for equal graphs, and the identity key that follows from it.

Nodes of a level that differ in nothing but their number are told apart by what they read and by who reads
them, round after round; what is then still alike is either a pair of twins (any order gives the same graph)
or is decided by trying each and keeping the smallest result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from searchengine.core.jsontext import digest
from searchengine.methods.assemblenet.genome import Genome, Node, to_json


def canonical(genome: Genome) -> Genome:
    """The same network with one spelling: the dilation of a flow stem, which has no effect, is 1, and ids
    follow a numbering that does not depend on the one it had. Idempotent."""
    return renumbered(genome, canonical_order(genome))


def key(genome: Genome) -> str:
    """Hash of the canonical form: equal networks, equal keys."""
    return digest(to_json(canonical(genome)))


def canonical_order(genome: Genome) -> list[int]:
    """The ids of ``genome`` in canonical order, level by level."""
    plain = replace(genome, nodes=tuple(map(_without_idle_gene, genome.nodes)))
    colours = _refined(plain, {node.id: _first_colour(node) for node in plain.nodes})
    return _best(plain, colours)[1]


def renumbered(genome: Genome, order: list[int]) -> Genome:
    """``genome`` with the ids of ``order`` numbered 0, 1, 2, ... in that order; idle genes plain."""
    number = {old: new for new, old in enumerate(order)}
    by_id = {node.id: _without_idle_gene(node) for node in genome.nodes}
    nodes = tuple(
        replace(by_id[old], id=number[old], inputs=tuple(sorted(number[one] for one in by_id[old].inputs)))
        for old in order
    )
    return replace(genome, nodes=nodes)


def _without_idle_gene(node: Node) -> Node:
    return replace(node, dilation=1) if node.kind == "flow" else node


def _first_colour(node: Node) -> str:
    stream = {"rgb": 0, "flow": 1}.get(node.kind, 2)
    return f"{node.level:02d} {stream} {node.filters:05d} {node.dilation:02d}"


def _refined(genome: Genome, colours: Mapping[int, str]) -> dict[int, int]:
    """Ranks of nodes, equal only where rounds of looking at neighbours tell nothing apart; in order of level
    first."""
    readers: dict[int, list[int]] = {node.id: [] for node in genome.nodes}
    for source, target in genome.edges:
        readers[source].append(target)
    ranks = _ranked({one: (colour,) for one, colour in colours.items()})
    while True:
        seen = {
            node.id: (
                ranks[node.id],
                tuple(sorted(ranks[one] for one in node.inputs)),
                tuple(sorted(ranks[one] for one in readers[node.id])),
            )
            for node in genome.nodes
        }
        fresh = _ranked(seen)
        if len(set(fresh.values())) == len(set(ranks.values())):
            return fresh
        ranks = fresh


def _ranked(values: Mapping[int, tuple[object, ...]]) -> dict[int, int]:
    place = {value: rank for rank, value in enumerate(sorted(set(values.values())))}
    return {one: place[value] for one, value in values.items()}


def _best(genome: Genome, ranks: dict[int, int]) -> tuple[str, list[int]]:
    """The smallest spelling among those that ``ranks`` leaves open, and its order of ids."""
    tied = _first_tie(genome, ranks)
    if not tied:
        order = sorted(ranks, key=lambda one: (ranks[one], one))
        return str(to_json(renumbered(genome, order))), order
    found = []
    for chosen in tied:
        # One of the tied nodes comes first; what that tells of the others follows.
        apart = {one: f"{2 * rank + (one in tied and one != chosen):06d}" for one, rank in ranks.items()}
        found.append(_best(genome, _refined(genome, apart)))
    return min(found)


def _first_tie(genome: Genome, ranks: Mapping[int, int]) -> list[int]:
    """Nodes of the lowest rank that several share; none where all of them are twins, which read the same and
    are read by the same, so that any order of them is the same graph."""
    by_rank: dict[int, list[int]] = {}
    for one, rank in ranks.items():
        by_rank.setdefault(rank, []).append(one)
    readers: dict[int, set[int]] = {node.id: set() for node in genome.nodes}
    for source, target in genome.edges:
        readers[source].add(target)
    inputs = {node.id: node.inputs for node in genome.nodes}
    for rank in sorted(by_rank):
        members = sorted(by_rank[rank])
        if len({(inputs[one], frozenset(readers[one])) for one in members}) > 1:
            return members
    return []
