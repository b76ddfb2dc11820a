"""What is to be drawn of a network, before anything has a place: layers joined into boxes, repeats folded.

Three steps, each optional: a norm, activation or dropout that alone follows its layer moves into that
layer's box; repeats of one block that are equal but for widths are drawn once (``×4``); scopes the reader
closed become one box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from searchengine.architecture.graph import Node, Scope
from searchengine.report.boxes import look
from searchengine.report.drawing import Status

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


class _Folded(NamedTuple):
    """Where hidden nodes went (name → drawn name), how many each drawn node stands for, and the groups'
    times."""

    drawn: dict[str, str]
    times: dict[str, int]
    groups: dict[str, tuple[int, str, str]]  # path -> times, series, which repeats in words


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
    folded = _fold(nodes.values(), expanded, marks)
    shown = {name: node for name, node in nodes.items() if name not in folded.drawn}
    sources = _sources(nodes, shown, folded)
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


def series_of(node: Node, level: int) -> str:
    """The series of repeats that ``node`` belongs to at scope level ``level``: the path without the repeat's
    own number. Empty where that scope does not repeat."""
    scope = node.scope[level]
    if scope.of < 2:
        return ""
    outer = [one.name for one in node.scope[:level]]
    return ".".join([*outer, scope.name.removesuffix(f".r{scope.repeat}").removesuffix(f"r{scope.repeat}")])


def _fold(nodes: Iterable[Node], expanded: Set[str], marks: Mapping[str, Status]) -> _Folded:
    """Fold equal repeats, outer levels first: only what is still drawn is looked at one level further in."""
    left = list(nodes)
    drawn: dict[str, str] = {}
    times = {node.name: 1 for node in left}
    groups: dict[str, tuple[int, str, str]] = {}
    for level in range(max((len(node.scope) for node in left), default=0)):
        series: dict[str, dict[int, list[Node]]] = {}
        for node in left:
            name = series_of(node, level) if level < len(node.scope) else ""
            if name:
                series.setdefault(name, {}).setdefault(node.scope[level].repeat, []).append(node)
        hidden: set[str] = set()
        for name, repeats in series.items():
            alike: dict[object, list[int]] = {}
            for number, members in sorted(repeats.items()):
                key = number if name in expanded else _signature(members, level, marks)
                alike.setdefault(key, []).append(number)
            for numbers in alike.values():
                first = repeats[numbers[0]]
                words = _numbered(numbers, len(repeats)) if len(alike) > 1 else ""
                groups[_path(first[0].scope, level)] = (len(numbers), name, words)
                for node in first:
                    times[node.name] *= len(numbers)
                for number in numbers[1:]:
                    for node, stands in zip(repeats[number], first, strict=True):
                        drawn[node.name] = stands.name
                        hidden.add(node.name)
        left = [node for node in left if node.name not in hidden]
    return _Folded(drawn, times, groups)


def _numbered(numbers: list[int], of: int) -> str:
    return f"repeat{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))} of {of}"


def _signature(members: list[Node], level: int, marks: Mapping[str, Status]) -> object:
    """Equal for repeats that are the same but for widths."""
    cut = len(_path(members[0].scope, level)) + 1
    own = {node.name for node in members}
    return members[0].scope[level].variant, tuple(
        (
            node.name[cut:],
            node.kind,
            node.summary,
            marks.get(node.name, ""),
            tuple(source[cut:] if source in own else "" for source in node.inputs),
        )
        for node in members
    )


def _path(scope: tuple[Scope, ...], level: int) -> str:
    return ".".join(one.name for one in scope[: level + 1])


def _sources(nodes: Mapping[str, Node], shown: Mapping[str, Node], folded: _Folded) -> dict[str, list[str]]:
    """For each drawn node the drawn nodes it reads. Hidden repeats hand their edges to those drawn for them;
    what would then run backwards is what ``×4`` already says, and is left out."""
    order = {name: index for index, name in enumerate(nodes)}
    stand = {name: _follow(folded.drawn, name) for name in nodes}
    sources: dict[str, list[str]] = {name: [] for name in shown}
    read: set[str] = set()
    leaving: list[tuple[str, str]] = []
    for node in nodes.values():
        for source in node.inputs:
            if source not in nodes:
                continue
            tail, head = stand[source], stand[node.name]
            if order[tail] >= order[head]:
                continue
            if tail not in sources[head]:
                sources[head].append(tail)
                read.add(tail)
            if tail != source:
                leaving.append((source, node.name))
    # With repeats A B A the last one hides in A, and B would lead nowhere: what reads the hidden repeat from
    # outside is drawn as reading that dead end, which stands last in the series.
    dead = [
        name for name in shown if name not in read and any(name in node.inputs for node in nodes.values())
    ]
    for name in dead:
        for source, reader in leaving:
            if _same_place(nodes[name], nodes[source]) and order[name] < order[stand[reader]]:
                sources[stand[reader]] = [
                    name if one == stand[source] else one for one in sources[stand[reader]]
                ]
    return sources


def _same_place(one: Node, other: Node) -> bool:
    """Whether two nodes stand at the same place of two repeats of one series."""
    if len(one.scope) != len(other.scope) or one.name == other.name:
        return False
    for level, (mine, theirs) in enumerate(zip(one.scope, other.scope, strict=True)):
        if mine == theirs:
            continue
        series = series_of(one, level)
        tails = [node.name[len(_path(node.scope, level)) :] for node in (one, other)]
        return bool(series) and series == series_of(other, level) and tails[0] == tails[1]
    return False


def _follow(drawn: Mapping[str, str], name: str) -> str:
    while name in drawn:
        name = drawn[name]
    return name


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


def _groups(nodes: Mapping[str, Node], folded: _Folded) -> dict[str, Group]:
    """Groups of every drawn scope. Costs are summed over all repeats a group stands for."""
    totals: dict[str, list[int]] = {}
    labels: dict[str, str] = {}
    for name, node in nodes.items():
        stands = nodes[_follow(folded.drawn, name)]
        for level, scope in enumerate(stands.scope):
            path = _path(stands.scope, level)
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
        path=tuple(_path(first.scope, level) for level in range(len(first.scope))),
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
