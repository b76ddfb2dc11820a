"""The genome of AssembleNet: values, a strict JSON codec, bounds.

A genome is a directed graph: stems that read a stream (RGB or optical flow), and blocks on levels 1 to 4 that
read any nodes of strictly lower levels. Connection weights are no part of it: they are what training a genome
finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from searchengine.core.errors import InvalidGenome
from searchengine.core.genes import check_header, choice, object_with, whole
from searchengine.core.jsontext import Json

SCHEMA = 1
LEVELS = 4
STREAMS = ("rgb", "flow")
DILATIONS = (1, 2, 4, 8)
DEPTHS: dict[int, tuple[int, int, int, int]] = {
    26: (2, 2, 2, 2),
    38: (2, 4, 4, 2),
    50: (3, 4, 6, 3),
    68: (3, 4, 12, 3),
    77: (3, 4, 15, 3),
    101: (3, 4, 23, 3),
}
"""Residual modules of a block on levels 1 to 4, by the network's nominal depth."""

MOST_STEMS = 6
MOST_BLOCKS = 8
"""Blocks of a level that the codec takes; a search's own limit is lower."""
WIDEST = 4096

Edge = tuple[int, int]
"""A connection: from node, to node."""


@dataclass(frozen=True)
class Node:
    """``level`` 0 is a stem of ``kind`` rgb or flow, without inputs and filters; a ``block`` has a level from
    1 to 4, reads ``inputs`` (ids of lower levels, ascending), and has ``filters`` F (its output has 4F
    channels). ``dilation`` of the temporal convolutions is its temporal resolution; that of a flow stem has
    no effect."""

    id: int
    kind: str
    level: int
    dilation: int
    filters: int = 0
    inputs: tuple[int, ...] = ()

    @property
    def is_stem(self) -> bool:
        return self.level == 0


@dataclass(frozen=True)
class Genome:
    """``nodes`` stand by level, stems first; their ids count from 0 in that order. ``stem_total`` channels
    are shared by the stems."""

    depth: int
    stem_total: int
    nodes: tuple[Node, ...]

    @property
    def stems(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.is_stem)

    @property
    def blocks(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if not node.is_stem)

    def at(self, level: int) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.level == level)

    def node(self, number: int) -> Node:
        return next(node for node in self.nodes if node.id == number)

    @property
    def edges(self) -> Iterator[Edge]:
        """Connections by the node that reads them, then by their source."""
        return ((source, node.id) for node in self.nodes for source in node.inputs)

    @property
    def weighted(self) -> tuple[Edge, ...]:
        """The connections that carry a weight: those into a block with two or more inputs."""
        return tuple(
            (source, node.id) for node in self.nodes if len(node.inputs) > 1 for source in node.inputs
        )

    def total(self, level: int) -> int:
        """Sum of filters of a level: what every genome of a search has alike."""
        return sum(node.filters for node in self.at(level))


class Bounds(NamedTuple):
    """The genomes a search may visit. ``totals`` and ``most`` are a level's sum of filters and its largest
    number of blocks, for levels 1 to 4; ``stems`` the smallest and largest number of stems; ``streams`` what
    the data offers."""

    depth: int
    stem_total: int
    totals: tuple[int, ...]
    most: tuple[int, ...]
    stems: tuple[int, int]
    dilations: tuple[int, ...]
    streams: tuple[str, ...]

    def most_blocks(self, level: int) -> int:
        return min(self.most[level - 1], self.totals[level - 1])


def admissible(genome: Genome) -> Iterator[Edge]:
    """Every connection its nodes allow: from a node to one of a strictly higher level."""
    return (
        (source.id, target.id)
        for target in genome.nodes
        for source in genome.nodes
        if source.level < target.level
    )


# --- codec -----------------------------------------------------------------------------------------


def to_json(genome: Genome) -> Json:
    """JSON of schema 1, keys in the documented order."""
    nodes: list[Json] = []
    for node in genome.nodes:
        if node.is_stem:
            nodes.append({"id": node.id, "kind": node.kind, "dilation": node.dilation})
        else:
            nodes.append(
                {
                    "id": node.id,
                    "level": node.level,
                    "inputs": list(node.inputs),
                    "filters": node.filters,
                    "dilation": node.dilation,
                }
            )
    return {
        "schema": SCHEMA,
        "method": "assemblenet",
        "depth": genome.depth,
        "stem_total": genome.stem_total,
        "nodes": nodes,
    }


def parse(value: Json) -> Genome:
    """The genome of JSON from outside. Raises ``InvalidGenome`` naming the gene, what was expected and what
    came."""
    genes = object_with(value, "genome", ("schema", "method", "depth", "stem_total", "nodes"))
    check_header(genes, "assemblenet", SCHEMA)
    depth = whole(genes["depth"], 1, 1000, "depth")
    if depth not in DEPTHS:
        raise InvalidGenome(f"depth: expected one of {', '.join(map(str, DEPTHS))}, got {depth}")
    stem_total = whole(genes["stem_total"], 1, WIDEST, "stem_total")
    if not isinstance(genes["nodes"], list) or not genes["nodes"]:
        raise InvalidGenome(f"nodes: expected a list of nodes, got {genes['nodes']!r:.60}")
    if len(genes["nodes"]) > MOST_STEMS + LEVELS * MOST_BLOCKS:
        raise InvalidGenome(
            f"nodes: expected at most {MOST_STEMS + LEVELS * MOST_BLOCKS}, got {len(genes['nodes'])}"
        )
    nodes = tuple(_node(node, place) for place, node in enumerate(genes["nodes"]))
    genome = Genome(depth, stem_total, nodes)
    _check_graph(genome)
    return genome


def check_within(genome: Genome, bounds: Bounds) -> None:
    """Raises ``InvalidGenome`` when a well-formed genome lies outside the space that is searched."""
    for gene in ("depth", "stem_total"):
        if getattr(genome, gene) != getattr(bounds, gene):
            raise InvalidGenome(
                f"{gene}: this search uses {getattr(bounds, gene)}, got {getattr(genome, gene)}"
            )
    fewest, most = bounds.stems
    if not fewest <= len(genome.stems) <= most:
        raise InvalidGenome(f"nodes: this search uses {fewest} to {most} stems, got {len(genome.stems)}")
    for level in range(1, LEVELS + 1):
        count, limit = len(genome.at(level)), bounds.most_blocks(level)
        if count > limit:
            raise InvalidGenome(f"nodes: level {level} has at most {limit} blocks here, got {count}")
        if genome.total(level) != bounds.totals[level - 1]:
            raise InvalidGenome(
                f"nodes: the filters of level {level} sum to {bounds.totals[level - 1]} here,"
                f" got {genome.total(level)}"
            )
    for kind in bounds.streams:
        if not any(node.kind == kind for node in genome.stems):
            raise InvalidGenome(f"nodes: this search uses at least one {kind} stem, got none")
    for node in genome.nodes:
        if node.is_stem and node.kind not in bounds.streams:
            raise InvalidGenome(f"nodes[{node.id}].kind: the data has no {node.kind}")
        idle = node.kind == "flow" and node.dilation == 1
        if node.dilation not in bounds.dilations and not idle:
            allowed = ", ".join(map(str, bounds.dilations))
            raise InvalidGenome(f"nodes[{node.id}].dilation: this search uses {allowed}, got {node.dilation}")


def _node(value: Any, place: int) -> Node:
    name = f"nodes[{place}]"
    if not isinstance(value, dict):
        raise InvalidGenome(f"{name}: expected an object, got {value!r:.60}")
    if "kind" in value and value["kind"] != "block":
        genes = object_with(value, name, ("id", "kind", "dilation"))
        kind = choice(genes["kind"], STREAMS, f"{name}.kind")
        node = Node(whole(genes["id"], 0, 10_000, f"{name}.id"), kind, 0, _dilation(genes["dilation"], name))
    else:
        genes = object_with(value, name, ("id", "level", "inputs", "filters", "dilation"))
        inputs = genes["inputs"]
        if not isinstance(inputs, list) or not inputs:
            raise InvalidGenome(f"{name}.inputs: expected a list of at least one id, got {inputs!r:.60}")
        read = [whole(one, 0, 10_000, f"{name}.inputs") for one in inputs]
        if len(set(read)) < len(read):
            raise InvalidGenome(f"{name}.inputs: each input stands once, got {inputs!r:.60}")
        node = Node(
            whole(genes["id"], 0, 10_000, f"{name}.id"),
            "block",
            whole(genes["level"], 1, LEVELS, f"{name}.level"),
            _dilation(genes["dilation"], name),
            whole(genes["filters"], 1, WIDEST, f"{name}.filters"),
            tuple(sorted(read)),
        )
    if node.id != place:
        raise InvalidGenome(f"{name}.id: ids count from 0 in order, expected {place}, got {node.id}")
    return node


def _check_graph(genome: Genome) -> None:
    levels = [node.level for node in genome.nodes]
    if levels != sorted(levels):
        raise InvalidGenome("nodes: expected stems first, then blocks by level from 1 to 4")
    if not genome.stems:
        raise InvalidGenome("nodes: expected at least one stem (kind rgb or flow), got none")
    if len(genome.stems) > min(MOST_STEMS, genome.stem_total):
        raise InvalidGenome(
            f"nodes: expected at most {min(MOST_STEMS, genome.stem_total)} stems, got {len(genome.stems)}"
        )
    for level in range(1, LEVELS + 1):
        if not 1 <= len(genome.at(level)) <= MOST_BLOCKS:
            raise InvalidGenome(
                f"nodes: expected 1 to {MOST_BLOCKS} blocks on level {level}, got {len(genome.at(level))}"
            )
    consumed = {source for source, _ in genome.edges}
    for node in genome.blocks:
        for source in node.inputs:
            if source >= len(genome.nodes) or genome.nodes[source].level >= node.level:
                raise InvalidGenome(
                    f"nodes[{node.id}].inputs: expected nodes of lower levels than {node.level}, got {source}"
                )
    for node in genome.nodes:
        if node.level < LEVELS and node.id not in consumed:
            raise InvalidGenome(f"nodes[{node.id}]: nothing reads it; a node below level 4 needs a consumer")


def _dilation(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in DILATIONS:
        allowed = ", ".join(map(str, DILATIONS))
        raise InvalidGenome(f"{name}.dilation: expected one of {allowed}, got {value!r:.60}")
    return value
