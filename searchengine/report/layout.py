"""Our own layered layout of a network: scopes are frames, repeats stand once, edges run downwards.

Every scope is laid out by itself and then stands as one box in the scope around it, so frames never overlap
and the work grows with the boxes, not with their pairs. Lines cross a frame through a port on its upper or
lower side. The same network gives the same drawing, on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import NamedTuple

from searchengine.architecture.graph import Architecture
from searchengine.report.boxes import CHARACTER, size
from searchengine.report.drawing import Drawing, DrawnEdge, DrawnGroup, DrawnNode, Point, Status
from searchengine.report.layering import GAP_Y, Edge, Item, Placed, place
from searchengine.report.sketch import Box, Sketch, sketch

MARGIN = 12.0
PADDING = 10.0
TITLE = 20.0


class _Level(NamedTuple):
    """A scope laid out: its items by key, in the order ``place`` got them."""

    keys: list[str]
    spot: dict[str, int]
    items: list[Item]
    edges: list[Edge]
    placed: Placed
    width: float
    height: float
    left: float
    top: float


def layout(
    architecture: Architecture, collapsed: Set[str] = frozenset(), expanded: Set[str] = frozenset()
) -> Drawing:
    """Draw ``architecture`` (its deployed nodes). ``collapsed`` names scopes, by dotted path, to draw as one
    box; ``expanded`` names series of repeats (see :class:`DrawnGroup`) to draw one by one. Unknown names are
    ignored.

    200 nodes take well below 150 ms, 1,000 below a second.
    """
    return laid_out(sketch(architecture.deployed, frozenset(architecture.features), collapsed, expanded))


def laid_out(drawn: Sketch, edge_status: Mapping[tuple[str, str], Status] | None = None) -> Drawing:
    """Places what is sketched. ``edge_status`` marks lines by the names of the boxes at their ends."""
    paths = _paths(drawn)
    inside = _inside(drawn, paths)
    crossing = _edges(drawn, paths)
    boxes = {box.name: box for box in drawn.boxes}
    levels: dict[str, _Level] = {}
    for name in sorted(inside, key=_depth, reverse=True):
        title = drawn.groups[name.split("\0")[-1]].label if name else ""
        levels[name] = _arrange(title, inside[name], crossing.get(name, {}), boxes, levels)
    corners = _corners(levels, inside)
    nodes = tuple(_node(box, paths[box.name], corners, levels) for box in drawn.boxes)
    edges = tuple(
        DrawnEdge(
            source,
            box.name,
            _route(source, box.name, paths, corners, levels),
            (edge_status or {}).get((source, box.name), ""),
        )
        for box in drawn.boxes
        for source in box.inputs
        if source in boxes
    )
    groups = tuple(_frame(name, drawn, corners, levels) for name in sorted(levels, key=_depth) if name)
    root = levels[""]
    return Drawing(nodes, edges, groups, root.width + 2 * MARGIN, root.height + 2 * MARGIN)


# Keys of levels are the names of the frames from the outside in, joined by NUL, which no name holds: a frame
# that is left out because it holds one thing only then leaves no trace.


def _paths(drawn: Sketch) -> dict[str, tuple[str, ...]]:
    """The frames around each box, outermost first, without those that would hold one thing only."""
    paths = {box.name: box.path for box in drawn.boxes}
    changed = True
    while changed:
        held: dict[str, set[str]] = {}
        for name, path in paths.items():
            for level, group in enumerate(path):
                held.setdefault(group, set()).add(path[level + 1] if level + 1 < len(path) else name + "\0")
        lone = {group for group, things in held.items() if len(things) == 1 and not _repeats(drawn, group)}
        changed = bool(lone)
        if changed:
            paths = {name: tuple(g for g in path if g not in lone) for name, path in paths.items()}
    return paths


def _repeats(drawn: Sketch, group: str) -> bool:
    return drawn.groups[group].times > 1 or bool(drawn.groups[group].series)


def _key(path: tuple[str, ...]) -> str:
    return "\0".join(path)


def _inside(drawn: Sketch, paths: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """What stands directly in each frame, boxes as ``name``, frames by key, in drawing order."""
    inside: dict[str, dict[str, None]] = {"": {}}
    for box in drawn.boxes:
        path = paths[box.name]
        for level in range(len(path)):
            inside.setdefault(_key(path[:level]), {}).setdefault("group " + _key(path[: level + 1]))
            inside.setdefault(_key(path[: level + 1]), {})
        inside[_key(path)].setdefault("box " + box.name)
    return {name: list(things) for name, things in inside.items()}


def _steps(source: str, target: str, paths: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    """The parts of a line as (level, from, to): out through the source's frames, across, in through the
    target's."""
    ours, theirs = paths[source], paths[target]
    common = 0
    while common < min(len(ours), len(theirs)) and ours[common] == theirs[common]:
        common += 1
    tail, head = "box " + source, "box " + target
    steps = []
    for level in range(len(ours), common, -1):
        steps.append((_key(ours[:level]), tail, "out " + source))
        tail = "group " + _key(ours[:level])
    inner = []
    for level in range(len(theirs), common, -1):
        inner.append((_key(theirs[:level]), "in " + source, head))
        head = "group " + _key(theirs[:level])
    return [*steps, (_key(ours[:common]), tail, head), *reversed(inner)]


def _edges(
    drawn: Sketch, paths: Mapping[str, tuple[str, ...]]
) -> dict[str, dict[tuple[str, str, str], None]]:
    """For each level the lines to place: (from, to, source box)."""
    found: dict[str, dict[tuple[str, str, str], None]] = {}
    for box in drawn.boxes:
        for source in box.inputs:
            if source in paths:
                for level, tail, head in _steps(source, box.name, paths):
                    found.setdefault(level, {}).setdefault((tail, head, source))
    return found


def _arrange(
    title: str,
    things: list[str],
    lines: Mapping[tuple[str, str, str], None],
    boxes: Mapping[str, Box],
    levels: Mapping[str, _Level],
) -> _Level:
    ports = dict.fromkeys(end for tail, head, _ in lines for end in (tail, head) if end[:3] in ("in ", "out"))
    keys = [*(port for port in ports if port.startswith("in ")), *things]
    keys += [port for port in ports if port.startswith("out ")]
    items = []
    for key in keys:
        what, _, rest = key.partition(" ")
        if what == "box":
            items.append(Item(*_size(boxes[rest])))
        elif what == "group":
            items.append(Item(levels[rest].width, levels[rest].height))
        else:
            items.append(Item(4.0, 0.0, first=what == "in", last=what == "out"))
    index = {key: number for number, key in enumerate(keys)}
    edges = [(index[tail], index[head], source) for tail, head, source in lines]
    placed = place(items, edges)
    if not title:
        return _Level(keys, index, items, edges, placed, placed.width, placed.height, 0.0, 0.0)
    inner = placed.width + 2 * PADDING
    width = max(inner, len(title) * CHARACTER + 2 * PADDING)
    # Ports already keep a gap's distance from the frame; a side without ports needs padding of its own.
    top = 0.0 if any(item.first for item in items) else TITLE + 4.0
    bottom = 0.0 if any(item.last for item in items) else PADDING
    left = PADDING + (width - inner) / 2
    return _Level(keys, index, items, edges, placed, width, placed.height + top + bottom, left, top)


def _size(box: Box) -> tuple[float, float]:
    shape = "×".join(map(str, box.shape))
    return size(
        box.label + (f" ×{box.times}" if box.kind == "group" and box.times > 1 else ""), box.digit, shape
    )


def _corners(levels: Mapping[str, _Level], inside: Mapping[str, list[str]]) -> dict[str, Point]:
    """Upper left corner of every box (``box name``) and frame (``group key``) on the page."""
    corners: dict[str, Point] = {"group ": (MARGIN, MARGIN)}
    for name in sorted(levels, key=_depth):
        level = levels[name]
        x, y = corners["group " + name]
        for key in inside[name]:
            dx, dy = level.placed.corners[level.spot[key]]
            corners[key] = (x + level.left + dx, y + level.top + dy)
    return corners


def _depth(name: str) -> int:
    """How many frames around, this one included; 0 for the whole drawing."""
    return name.count("\0") + bool(name)


def _node(
    box: Box, path: tuple[str, ...], corners: Mapping[str, Point], levels: Mapping[str, _Level]
) -> DrawnNode:
    level = levels[_key(path)]
    item = level.items[level.spot["box " + box.name]]
    x, y = corners["box " + box.name]
    return DrawnNode(
        box.name, box.kind, box.label, box.digit, box.colour, _r(x), _r(y), _r(item.width), _r(item.height),
        box.shape, box.input_shapes, box.parameters, box.macs, box.times, box.members, box.details,
        path[-1] if path else "", box.status,
    )  # fmt: skip


def _frame(
    name: str, drawn: Sketch, corners: Mapping[str, Point], levels: Mapping[str, _Level]
) -> DrawnGroup:
    path = name.split("\0")
    group, level = drawn.groups[path[-1]], levels[name]
    x, y = corners["group " + name]
    marks = {box.status for box in drawn.boxes if path[-1] in box.path}
    status: Status = marks.pop() if len(marks) == 1 else "changed"
    return DrawnGroup(
        group.name, group.label, _r(x), _r(y), _r(level.width), _r(level.height), len(path), group.times,
        group.parameters, group.macs, group.series, status,
    )  # fmt: skip


def _route(
    source: str,
    target: str,
    paths: Mapping[str, tuple[str, ...]],
    corners: Mapping[str, Point],
    levels: Mapping[str, _Level],
) -> tuple[Point, ...]:
    """The whole line, part by part, with right angles."""
    points: list[Point] = []
    for name, tail, head in _steps(source, target, paths):
        level = levels[name]
        edge = (level.spot[tail], level.spot[head], source)
        x, y = corners["group " + name]
        x, y = x + level.left, y + level.top
        start = points[-1] if points else _below(level, edge[0], x, y)
        end = (
            _port(levels, head, source, corners)
            if head.startswith("group ")
            else _above(level, edge[1], x, y)
        )
        bends = [(x + bx, y + by) for bx, by in level.placed.bends.get(edge, ())]
        lane = 0.35 + 0.1 * (edge[0] % 4)
        points += _angles([start, *bends, end], lane, edge in level.placed.aside)
    return tuple((_r(x), _r(y)) for x, y in _simplified(points))


def _below(level: _Level, index: int, x: float, y: float) -> Point:
    item, (dx, dy) = level.items[index], level.placed.corners[index]
    return x + dx + item.width / 2, y + dy + item.height


def _above(level: _Level, index: int, x: float, y: float) -> Point:
    item, (dx, dy) = level.items[index], level.placed.corners[index]
    return x + dx + item.width / 2, y + dy


def _port(levels: Mapping[str, _Level], group: str, source: str, corners: Mapping[str, Point]) -> Point:
    """Where a line from ``source`` enters a frame."""
    level = levels[group.removeprefix("group ")]
    x, y = corners[group]
    return _above(level, level.spot["in " + source], x + level.left, y + level.top)


def _angles(points: list[Point], lane: float, aside: bool) -> list[Point]:
    """Right angles between the points: down, sideways in the gap above the next rank, down."""
    found = [points[0]]
    for number, (x, y) in enumerate(points[1:], 1):
        before_x, before_y = found[-1]
        if abs(before_x - x) > 0.5:
            if aside:
                turn = y if number == 1 else before_y
            else:
                turn = max(y - GAP_Y * lane, min(before_y, y))
            found += [(before_x, turn), (x, turn)]
        found.append((x, y))
    return found


def _simplified(points: list[Point]) -> list[Point]:
    """Without repeated points and points in the middle of a straight stretch."""
    found: list[Point] = []
    for point in points:
        if found and abs(found[-1][0] - point[0]) < 0.05 and abs(found[-1][1] - point[1]) < 0.05:
            continue
        if len(found) > 1:
            (ax, ay), (bx, by) = found[-2], found[-1]
            if (abs(ax - bx) < 0.5 and abs(bx - point[0]) < 0.5) or (
                abs(ay - by) < 0.05 and abs(by - point[1]) < 0.05
            ):
                found[-1] = point
                continue
        found.append(point)
    return found


def _r(value: float) -> float:
    """A tenth of a pixel is enough, and keeps drawings equal across machines."""
    return round(value, 1)
