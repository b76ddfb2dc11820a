"""How genomes come to be: over-connected random graphs, rewiring guided by learned weights, and structural
mutations. Pure functions of genome, weights, bounds and generator; there is no crossover.

The sum of filters of every level stays what it was: a split halves a block, a merge adds two up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np

from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json
from searchengine.methods.assemblenet.draft import Draft
from searchengine.methods.assemblenet.genome import LEVELS, Bounds, Edge, Genome, Node

Rewiring = Literal["guided", "random"]
FEWEST_FILTERS = 2
"""Filters of a block that a split leaves at least."""
DRAWS = 50
"""Draws of structural operators before a child is left without one more."""


class Rewired(NamedTuple):
    """What a rewiring did, in the parent's numbers: connections dropped and added, the probability ``q``
    with which an absent one was added."""

    dropped: tuple[Edge, ...]
    added: tuple[Edge, ...]
    q: float


class Child(NamedTuple):
    """A child with every change in order; ``nodes`` pairs numbers of the parent with numbers of the child for
    nodes that went on."""

    genome: Genome
    changes: tuple[Change, ...]
    nodes: tuple[Edge, ...]


# --- random genomes --------------------------------------------------------------------------------


def random_genome(
    bounds: Bounds, rng: np.random.Generator, *, stems: int = 4, connection: float = 0.5
) -> Genome:
    """An over-connected graph: ``stems`` stems (streams in turn), 1 to the level's limit of blocks a level
    and one on level 4, each with an equal share of the level's filters, every admissible connection with
    probability ``connection``, dilations uniform; then repaired."""
    nodes: dict[int, Node] = {}
    streams = len(bounds.streams)
    for place in range(stems):
        kind = bounds.streams[place * streams // stems]
        dilation = 1 if kind == "flow" else _pick(bounds.dilations, rng)
        nodes[len(nodes)] = Node(len(nodes), kind, 0, dilation)
    for level in range(1, LEVELS + 1):
        most = bounds.most_blocks(level)
        count = 1 if level == LEVELS else int(rng.integers(1, most + 1))
        total = bounds.totals[level - 1]
        for place in range(count):
            filters = total // count + (place < total % count)
            nodes[len(nodes)] = Node(len(nodes), "block", level, _pick(bounds.dilations, rng), filters)
    draft = Draft(
        bounds.depth,
        bounds.stem_total,
        nodes,
        {name: set() for name, node in nodes.items() if not node.is_stem},
        {name: name for name in nodes},
    )
    for source, target in draft.admissible():
        if rng.random() < connection:
            draft.inputs[target].add(source)
    draft.repair(rng)
    return draft.settled()[0]


def fully_connected(genome: Genome) -> Genome:
    """The same nodes with every admissible connection."""
    draft = Draft.of(genome)
    for source, target in draft.admissible():
        draft.inputs[target].add(source)
    return draft.settled()[0]


# --- rewiring --------------------------------------------------------------------------------------


def rewire(
    draft: Draft,
    weights: Mapping[Edge, float],
    threshold: float,
    rng: np.random.Generator,
    rule: Rewiring = "guided",
) -> Rewired:
    """Drop what training found weak and try absent connections at the same rate.

    Kept are connections whose weight W (the sigmoid, not the logit) is above ``threshold``, and those that
    are the only input of their block, which carry none. With ``random`` as many connections are dropped, but
    any weighted ones. Each connection that was absent is added with probability q = dropped / absent, so the
    expected number stays; what was dropped does not come back in the same step."""
    before = draft.edges
    weighted = [edge for edge in before if len(draft.inputs[edge[1]]) > 1]
    absent = [edge for edge in draft.admissible() if edge[0] not in draft.inputs[edge[1]]]
    dropped = [edge for edge in weighted if weights.get(edge, 1.0) <= threshold]
    if rule == "random" and dropped:
        chosen = rng.choice(len(weighted), size=len(dropped), replace=False)
        dropped = [weighted[int(place)] for place in sorted(chosen)]
    q = len(dropped) / len(absent) if absent else 0.0
    added = [edge for edge in absent if rng.random() < q]
    for source, target in dropped:
        draft.inputs[target].discard(source)
    for source, target in added:
        draft.inputs[target].add(source)
    return Rewired(tuple(dropped), tuple(added), q)


def flip_connection(draft: Draft, rng: np.random.Generator) -> Rewired:
    """Standard evolution's step on connections: one admissible pair, drawn uniformly, appears or goes."""
    pairs = draft.admissible()
    source, target = pairs[int(rng.integers(len(pairs)))]
    if source in draft.inputs[target]:
        draft.inputs[target].discard(source)
        return Rewired(((source, target),), (), 0.0)
    draft.inputs[target].add(source)
    return Rewired((), ((source, target),), 0.0)


# --- structural mutations --------------------------------------------------------------------------


class Mutated(NamedTuple):
    """A structural mutation as it was made, in names of the draft."""

    operator: str
    nodes: tuple[int, ...]
    arguments: Json
    text: str


def split(draft: Draft, bounds: Bounds, rng: np.random.Generator) -> Mutated | None:
    """A block with an even number of filters, below level 4, on a level with room, becomes two of half the
    filters: same inputs, both read by all its readers; the copy draws its dilation."""
    able = [
        name
        for name, node in sorted(draft.nodes.items())
        if 0 < node.level < LEVELS
        and node.filters % 2 == 0
        and node.filters >= 2 * FEWEST_FILTERS
        and len(draft.at(node.level)) < bounds.most_blocks(node.level)
    ]
    if not able:
        return None
    name = able[int(rng.integers(len(able)))]
    node, copy = draft.nodes[name], draft.fresh()
    half = node.filters // 2
    dilation = _pick(bounds.dilations, rng)
    draft.nodes[name] = replace(node, filters=half)
    draft.nodes[copy] = Node(copy, "block", node.level, dilation, half)
    draft.inputs[copy] = set(draft.inputs[name])
    for reader in draft.readers(name):
        draft.inputs[reader].add(copy)
    draft.origin[copy] = draft.origin[name]
    arguments: Json = {"filters": half, "dilation": dilation}
    return Mutated("split", (name, copy), arguments, f"{{0}} split into {{0}} and {{1}} of {half} filters")


def merge(draft: Draft, bounds: Bounds, rng: np.random.Generator) -> Mutated | None:
    """Two blocks of one level become one: filters added, inputs and readers united, the dilation of one."""
    levels = [level for level in range(1, LEVELS + 1) if len(draft.at(level)) > 1]
    pairs = [
        (one, other)
        for level in levels
        for one in draft.at(level)
        for other in draft.at(level)
        if one < other
    ]
    if not pairs:
        return None
    one, other = pairs[int(rng.integers(len(pairs)))]
    kept, gone = draft.nodes[one], draft.nodes[other]
    dilation = (kept, gone)[int(rng.integers(2))].dilation
    draft.nodes[one] = replace(kept, filters=kept.filters + gone.filters, dilation=dilation)
    draft.inputs[one] |= draft.inputs[other]
    for reader in draft.readers(other):
        draft.inputs[reader].add(one)
    was = draft.origin[other]
    draft.remove(other)
    arguments: Json = {"filters": kept.filters + gone.filters, "dilation": dilation, "gone": was}
    return Mutated("merge", (one,), arguments, f"two blocks of level {kept.level} merged into {{0}}")


def temporal(draft: Draft, bounds: Bounds, rng: np.random.Generator) -> Mutated | None:
    """Another dilation for a block or an RGB stem; a flow stem has no temporal convolution."""
    able = [name for name, node in sorted(draft.nodes.items()) if node.kind != "flow"]
    name = able[int(rng.integers(len(able)))] if able else -1
    others = [one for one in bounds.dilations if able and one != draft.nodes[name].dilation]
    if not others:
        return None
    before, after = draft.nodes[name].dilation, _pick(tuple(others), rng)
    draft.nodes[name] = replace(draft.nodes[name], dilation=after)
    arguments: Json = {"from": before, "to": after}
    return Mutated("temporal", (name,), arguments, f"temporal dilation of {{0}} {before} → {after}")


def stem(draft: Draft, bounds: Bounds, rng: np.random.Generator) -> Mutated | None:
    """A stem comes or goes, within the limits and never the last one of a stream that the data has."""
    fewest, most = bounds.stems
    stems = draft.at(0)
    by_stream = {kind: [one for one in stems if draft.nodes[one].kind == kind] for kind in bounds.streams}
    able = [one for members in by_stream.values() if len(members) > 1 for one in members]
    may_go, may_come = len(stems) > fewest and bool(able), len(stems) < most
    if not may_go and not may_come:
        return None
    if may_come and (not may_go or rng.random() < 0.5):
        kind = bounds.streams[int(rng.integers(len(bounds.streams)))]
        dilation = 1 if kind == "flow" else _pick(bounds.dilations, rng)
        name = draft.fresh()
        draft.nodes[name] = Node(name, kind, 0, dilation)
        draft.origin[name] = -1
        return Mutated("stem", (name,), {"kind": kind}, "{0} added")
    name = able[int(rng.integers(len(able)))]
    kind, was = draft.nodes[name].kind, draft.origin[name]
    draft.remove(name)
    return Mutated("stem", (), {"kind": kind, "gone": was}, f"one {kind} stem removed")


Structural = Callable[[Draft, Bounds, np.random.Generator], Mutated | None]
STRUCTURAL: dict[str, Structural] = {"split": split, "merge": merge, "temporal": temporal}


def structural(draft: Draft, bounds: Bounds, rng: np.random.Generator) -> Mutated | None:
    """One structural mutation, drawn uniformly among the kinds that are possible; those of stems only where
    their number may vary. None when nothing is possible."""
    names = [*STRUCTURAL, *(("stem",) if bounds.stems[0] < bounds.stems[1] else ())]
    for _ in range(DRAWS):
        name = names[int(rng.integers(len(names)))]
        made = (stem if name == "stem" else STRUCTURAL[name])(draft, bounds, rng)
        if made is not None:
            return made
    return None


# --- children --------------------------------------------------------------------------------------


def child(
    parent: Genome,
    weights: Mapping[Edge, float],
    bounds: Bounds,
    rng: np.random.Generator,
    *,
    threshold: float,
    mutations: int,
    rule: Rewiring = "guided",
) -> Child:
    """The parent rewired once, with ``mutations`` structural mutations, repaired and numbered canonically."""
    draft = Draft.of(parent)
    rewired = rewire(draft, weights, threshold, rng, rule)
    draft.repair(rng)
    made = []
    for _ in range(mutations):
        one = structural(draft, bounds, rng)
        draft.repair(rng)
        if one is not None:
            made.append(one)
    return _finished(draft, rewired, made, {"rule": rule, "threshold": threshold, "q": round(rewired.q, 6)})


def mutated(parent: Genome, bounds: Bounds, rng: np.random.Generator) -> Child:
    """One step of ordinary evolution, which knows no weights: a connection or a structural mutation, each
    half the time."""
    draft = Draft.of(parent)
    made: list[Mutated] = []
    rewired = Rewired((), (), 0.0)
    one = structural(draft, bounds, rng) if rng.random() < 0.5 else None
    if one is None:
        rewired = flip_connection(draft, rng)
    else:
        made.append(one)
    draft.repair(rng)
    return _finished(draft, rewired, made, {"rule": "random"})


def read_off(
    parent: Genome, weights: Mapping[Edge, float], threshold: float, rng: np.random.Generator
) -> Child:
    """The graph that one training of a fully connected one suggests: what is above the threshold stays."""
    draft = Draft.of(parent)
    weighted = [edge for edge in draft.edges if len(draft.inputs[edge[1]]) > 1]
    dropped = tuple(edge for edge in weighted if weights.get(edge, 1.0) <= threshold)
    for source, target in dropped:
        draft.inputs[target].discard(source)
    draft.repair(rng)
    return _finished(
        draft, Rewired(dropped, (), 0.0), [], {"rule": "read off", "threshold": threshold, "q": 0.0}
    )


def _finished(draft: Draft, rewired: Rewired, made: list[Mutated], how: Json) -> Child:
    """Numbers of the parent for what went, numbers of the child for what is there."""
    genome, number = draft.settled()
    went_on = tuple(
        sorted((draft.origin[name], number[name]) for name in draft.nodes if draft.origin[name] >= 0)
    )
    there = set(draft.edges)
    added = [[number[s], number[t]] for s, t in rewired.added if (s, t) in there]
    repaired = [[number[s], number[t]] for s, t in draft.repaired if (s, t) in there]
    arguments: Json = {
        **how,
        "dropped": [list(edge) for edge in rewired.dropped],
        "added": added,
        "repaired": repaired,
        "nodes": [list(pair) for pair in went_on],
    }
    changes = []
    if rewired.dropped or rewired.added or draft.repaired:
        changes.append(
            Change(
                "rewire", arguments, _rewired_words(len(rewired.dropped), len(rewired.added), len(repaired))
            )
        )
    for one in made:
        numbers = [number.get(name, -1) for name in one.nodes]
        shown = [_called(genome.nodes[place]) if place >= 0 else "one that went" for place in numbers]
        change = Change(one.operator, {**one.arguments, "nodes": numbers}, one.text.format(*shown))
        changes.append(change)
    if changes and changes[0].operator != "rewire":
        changes.insert(0, Change("rewire", arguments, "connections kept"))
    return Child(genome, tuple(changes), went_on)


def _called(node: Node) -> str:
    return f"{node.kind} {'stem ' if node.is_stem else ''}{node.id}"


def _rewired_words(dropped: int, added: int, repaired: int) -> str:
    words = [f"{dropped} connection{'' if dropped == 1 else 's'} dropped", f"{added} added"]
    if repaired:
        words.append(f"{repaired} repaired")
    return ", ".join(words)


def _pick(options: tuple[int, ...], rng: np.random.Generator) -> int:
    return options[int(rng.integers(len(options)))]
