"""Where the connections that a step dropped would be in the child: its parent's numbers in the child's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json
from searchengine.methods.assemblenet.genome import Edge, Genome


class Dropped(NamedTuple):
    """``drawn`` holds for every pair of the child's nodes the parent's dropped connections that would lie
    there; ``hidden`` counts those that lie nowhere: a merged block has the connection from its other half, or
    an end is gone."""

    drawn: Mapping[Edge, tuple[Edge, ...]]
    hidden: int


def dropped(parent: Genome, changes: Sequence[Change]) -> frozenset[Edge]:
    """The parent's connections that rewiring dropped."""
    return frozenset(edges_of(_rewiring(changes).get("dropped", ()))) & set(parent.edges)


def place_dropped(parent: Genome, changes: Sequence[Change], there: set[Edge]) -> Dropped:
    """Every connection that went, between the nodes that continue its ends; ``there`` are the child's."""
    number = continued(parent, changes)
    drawn: dict[Edge, list[Edge]] = {}
    hidden = 0
    for edge in sorted(dropped(parent, changes)):
        now = (number.get(edge[0], -1), number.get(edge[1], -1))
        if -1 in now or now in there:
            hidden += 1
        else:
            drawn.setdefault(now, []).append(edge)
    return Dropped({now: tuple(were) for now, were in drawn.items()}, hidden)


def continued(parent: Genome, changes: Sequence[Change]) -> dict[int, int]:
    """The child's number for every node of the parent that goes on, alone or merged into another; of the
    halves of a split the first continues its block. A block whose merged one was merged again goes on only
    where the later merge is the only one of its level."""
    pairs = edges_of(_rewiring(changes).get("nodes", ()))
    number: dict[int, int] = {}
    for was, now in sorted(pairs):
        number.setdefault(was, now)
    merges = [change.arguments for change in changes if change.operator == "merge"]
    level = {node.id: node.level for node in parent.nodes}
    for place, merge in enumerate(merges):
        was = int(merge["gone"])
        now = int(merge["nodes"][0])
        if now < 0:
            later = [one for one in merges[place + 1 :] if level.get(int(one["gone"])) == level.get(was)]
            now = int(later[0]["nodes"][0]) if len(later) == 1 else -1
        if was in level and now >= 0:
            number.setdefault(was, now)
    return number


def edges_of(pairs: Iterable[Iterable[int]]) -> set[Edge]:
    """Connections as JSON lists them."""
    return {(int(source), int(target)) for source, target in pairs}


def _rewiring(changes: Sequence[Change]) -> Json:
    return next((change.arguments for change in changes if change.operator == "rewire"), {})
