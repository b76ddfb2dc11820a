"""What a mutation did, drawn: parent and child in one picture, what came green, what went red, what changed
amber."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from searchengine.architecture.difference import Difference, difference
from searchengine.architecture.graph import Architecture, Node
from searchengine.report.drawing import Drawing, Status
from searchengine.report.layout import laid_out
from searchengine.report.sketch import Sketch, sketch


class ChangedLayer(NamedTuple):
    """A line of the list beside the picture: ``what`` is the argument, old and new value in words."""

    node: str
    status: Status
    what: str
    old: str
    new: str


class DifferenceDrawing(NamedTuple):
    """The picture, the list, and child minus parent in parameters and multiply-adds."""

    drawing: Drawing
    changes: tuple[ChangedLayer, ...]
    parameters: int
    macs: int


def draw_difference(
    parent: Architecture,
    child: Architecture,
    collapsed: Set[str] = frozenset(),
    expanded: Set[str] = frozenset(),
) -> DifferenceDrawing:
    """Draws the union of both networks. Repeats stand once only where the same happened to all of them."""
    found = difference(parent, child)
    layers = _union(parent, child, found)
    status = _marks(layers, found)
    changes = _listed(found)
    notes: dict[str, tuple[str, ...]] = {}
    for line in changes:
        if line.status == "changed":
            notes[line.node] = (*notes.get(line.node, ()), f"{line.what}: {line.old} → {line.new}")
    drawn = sketch(layers, frozenset(child.features), collapsed, expanded, status=status, notes=notes)
    return DifferenceDrawing(
        laid_out(drawn, _edge_marks(drawn, found)),
        tuple(changes),
        child.parameters - parent.parameters,
        child.macs - parent.macs,
    )


def _union(parent: Architecture, child: Architecture, found: Difference) -> list[Node]:
    """The child's nodes and the removed ones, every node also with what it read in the parent, in an order
    that respects the child's edges; a lost edge that would close a cycle is left out."""
    before = {node.name: node for node in parent.deployed}
    layers: dict[str, Node] = {}
    waiting = [node for node in found.removed if not node.train_only]
    for node in (*child.deployed, None):
        # Removed layers come as soon as what they read stands; nothing of the child needs them.
        held = []
        for gone in waiting:
            if all(source in layers for source in gone.inputs) or node is None:
                layers[gone.name] = replace(gone, inputs=tuple(s for s in gone.inputs if s in layers))
            else:
                held.append(gone)
        waiting = held
        if node is not None:
            was = before[node.name].inputs if node.name in before else ()
            lost = tuple(source for source in was if source not in node.inputs and source in layers)
            layers[node.name] = replace(node, inputs=(*node.inputs, *lost))
    return list(layers.values())


def _marks(layers: Sequence[Node], found: Difference) -> dict[str, Status]:
    marks: dict[str, Status] = {node.name: "same" for node in layers}
    marks |= {change.name: "changed" for change in found.changed if _own(change.arguments)}
    marks |= {node.name: "added" for node in found.added}
    marks |= {node.name: "removed" for node in found.removed}
    return {node.name: marks[node.name] for node in layers}


def _own(arguments: Mapping[str, object]) -> bool:
    """Whether more than the inputs changed: other inputs show on the lines."""
    return bool(set(arguments) - {"inputs"})


def _edge_marks(drawn: Sketch, found: Difference) -> dict[tuple[str, str], Status]:
    """Marks of lines between boxes: of the layers' edge that runs from one box to the other."""
    home = {member: box.name for box in drawn.boxes for member in box.members}
    marks: dict[tuple[str, str], Status] = {
        (source, box.name): "same" for box in drawn.boxes for source in box.inputs
    }
    gone, come = set(found.removed_edges), set(found.added_edges)
    edges: tuple[tuple[set[tuple[str, str]], Status], ...] = ((gone, "removed"), (come, "added"))
    for changed, status in edges:
        for tail, head in sorted(changed):
            ends = (home.get(tail, tail), home.get(head, head))
            if ends in marks and ends[0] != ends[1]:
                marks[ends] = status
    return marks


def _listed(found: Difference) -> list[ChangedLayer]:
    lines = [ChangedLayer(node.name, "removed", node.kind, node.summary, "") for node in found.removed]
    lines += [ChangedLayer(node.name, "added", node.kind, "", node.summary) for node in found.added]
    for change in found.changed:
        for what, (old, new) in change.arguments.items():
            lines.append(ChangedLayer(change.name, "changed", what, _words(old), _words(new)))
    return lines


def _words(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        parts = [str(one) for one in value]
        return ("×" if all(part.isdigit() for part in parts) else ", ").join(parts)
    return str(value)
