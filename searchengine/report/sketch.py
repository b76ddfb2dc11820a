"""What is to be drawn of a network, before anything has a place: layers joined into boxes, repeats folded.

Three steps, each optional: a norm, activation or dropout that alone follows its layer moves into that
layer's box; repeats of one block that are equal but for widths are drawn once (``×4``); scopes the reader
closed become one box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

from searchengine.architecture.graph import Node
from searchengine.report.boxes import look
from searchengine.report.drawing import Status
from searchengine.report.folding import Folded, fold, follow, path_of, sources_of

ABSORBED = frozenset({"norm", "activation", "dropout", "drop_path"})


# A layer that stays and a norm that comes or goes, or the other way round, are two things to see.
_KEPT_APART = frozenset(
    pair
    for one in ("added", "removed")
    for other in ("same", "changed")
    for pair in ((one, other), (other, one))
) | {("added", "removed"), ("removed", "added")}


class Box(NamedTuple):
    """One box: see :class:`~searchengine.report.drawing.DrawnNode`. ``path`` are the scopes around it,
    outermost first, by full name; ``inputs`` are names of boxes."""

    name: str
    kind: str
    label: str
    digit: str
    colour: str
    path: tuple[str, ...]
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    parameters: int
    macs: int
    times: int
    members: tuple[str, ...]
    details: tuple[str, ...]
    status: Status = ""


class Group(NamedTuple):
    """A scope: how it is called, how many repeats it stands for, what it costs in all of them, and the
    series of repeats it belongs to (empty: stands alone)."""

    name: str
    label: str
    times: int
    parameters: int
    macs: int
    series: str


class Sketch(NamedTuple):
    """Boxes in topological order of the layers they stand for, and groups by full name."""

    boxes: tuple[Box, ...]
    groups: Mapping[str, Group]


def sketch(
    layers: Sequence[Node],
    features: Set[str] = frozenset(),
    collapsed: Set[str] = frozenset(),
    expanded: Set[str] = frozenset(),
    *,
    join: bool = True,
    status: Mapping[str, Status] | None = None,
    notes: Mapping[str, tuple[str, ...]] | None = None,
) -> Sketch:
    """What to draw of ``layers`` (in topological order). ``features`` share no box with what follows them;
    ``collapsed`` names scopes (by path) drawn as one box, ``expanded`` series of repeats drawn one by one;
    ``join`` puts norms and activations into their layer's box; ``status`` marks nodes (repeats are drawn
    once only where their marks are equal, layers share a box likewise)."""
    marks: Mapping[str, Status] = status or {}
    nodes = {node.name: node for node in layers}
    folded = fold(nodes.values(), expanded, marks)
    shown = {name: node for name, node in nodes.items() if name not in folded.drawn}
    sources = sources_of(nodes, shown, folded)
    boxes_of = _join(shown, sources, features, marks) if join else {name: (name,) for name in shown}
    groups = _groups(nodes, folded)
    home = {member: last for last, members in boxes_of.items() for member in members}
    boxes = []
    for last, members in boxes_of.items():
        first = members[0]
        inputs = tuple(dict.fromkeys(home[source] for source in sources[first]))
        box = _box(members, shown, nodes, inputs, folded.times[last])
        said = tuple(f"{name}: {note}" for name in members for note in (notes or {}).get(name, ()))
        mark = _together([marks.get(name, "") for name in members])
        boxes.append(box._replace(details=(*said, *box.details), status=mark))
    closed = {path for path in collapsed if path in groups}
    return Sketch(tuple(_close(boxes, closed, groups)), groups)


def _join(
    shown: Mapping[str, Node],
    sources: Mapping[str, list[str]],
    features: Set[str],
    marks: Mapping[str, Status],
) -> dict[str, tuple[str, ...]]:
    """Boxes by their last member: norms and activations that alone read a layer share its box."""
    readers: dict[str, int] = dict.fromkeys(shown, 0)
    for names in sources.values():
        for name in names:
            readers[name] += 1
    boxes: dict[str, tuple[str, ...]] = {}
    for name, node in shown.items():
        source = sources[name][0] if len(sources[name]) == 1 else None
        if (
            node.kind in ABSORBED
            and source in boxes
            and readers[source] == 1
            and shown[source].kind != "input"
            and source not in features
            and shown[source].scope == node.scope
            and (marks.get(source), marks.get(name)) not in _KEPT_APART
        ):
            boxes[name] = (*boxes.pop(source), name)
        else:
            boxes[name] = (name,)
    return boxes


def _groups(nodes: Mapping[str, Node], folded: Folded) -> dict[str, Group]:
    """Groups of every drawn scope. Costs are summed over all repeats a group stands for."""
    totals: dict[str, list[int]] = {}
    labels: dict[str, str] = {}
    for name, node in nodes.items():
        stands = nodes[follow(folded.drawn, name)]
        for level, scope in enumerate(stands.scope):
            path = path_of(stands.scope, level)
            total = totals.setdefault(path, [0, 0])
            total[0] += node.parameters
            total[1] += node.macs
            labels.setdefault(path, scope.label or scope.name)
    found = {}
    for path, (parameters, macs) in totals.items():
        times, series, words = folded.groups.get(path, (1, "", ""))
        label = labels[path] + (f" ×{times}" if times > 1 else "") + (f", {words}" if words else "")
        found[path] = Group(path, label, times, parameters, macs, series)
    return found


def _box(
    members: tuple[str, ...],
    shown: Mapping[str, Node],
    nodes: Mapping[str, Node],
    inputs: tuple[str, ...],
    times: int,
) -> Box:
    first, last = shown[members[0]], shown[members[-1]]
    seen = look(first, nodes)
    details = tuple(
        f"{name}: {shown[name].kind} {shown[name].summary}".rstrip() for name in members if len(members) > 1
    )
    parameters = sum(shown[name].parameters for name in members)
    macs = sum(shown[name].macs for name in members)
    return Box(
        name=last.name,
        kind=first.kind,
        label=seen.label,
        digit=seen.digit,
        colour=seen.colour,
        path=tuple(path_of(first.scope, level) for level in range(len(first.scope))),
        inputs=inputs,
        shape=last.shape,
        input_shapes=first.input_shapes,
        parameters=parameters,
        macs=macs,
        times=times,
        members=members,
        details=details,
    )


def _together(marks: Sequence[Status]) -> Status:
    """One mark for several layers in a box: theirs if they agree, else changed."""
    return marks[0] if len(set(marks)) == 1 else "changed"


def _close(boxes: list[Box], closed: Set[str], groups: Mapping[str, Group]) -> list[Box]:
    """The boxes with every closed scope drawn as one box; the outermost closed scope wins."""
    if not closed:
        return boxes
    home = {box.name: next((path for path in box.path if path in closed), box.name) for box in boxes}
    inside: dict[str, list[Box]] = {}
    for box in boxes:
        inside.setdefault(home[box.name], []).append(box)
    found = []
    for name, members in inside.items():
        inputs = tuple(
            dict.fromkeys(home[source] for box in members for source in box.inputs if home[source] != name)
        )
        if name == members[0].name and len(members) == 1 and name not in closed:
            found.append(members[0]._replace(inputs=inputs))
            continue
        group, last = groups[name], members[-1]
        status = _together([box.status for box in members])
        path = members[0].path
        found.append(
            Box(
                name, "group", group.label, "", "group", path[: path.index(name)], inputs, last.shape,
                members[0].input_shapes, group.parameters, group.macs, 1,
                tuple(member for box in members for member in box.members),
                (f"{len(members)} boxes closed",), status,
            )
        )  # fmt: skip
    return found
