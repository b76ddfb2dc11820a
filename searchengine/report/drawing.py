"""A drawing of a network as numbers: boxes, edges and groups with positions in pixels, y downwards."""

from __future__ import annotations

from typing import Literal, NamedTuple

from searchengine.core.jsontext import Json

LAYOUT_VERSION = 1
"""Part of the key under which a drawing may be stored: raised when the same network is drawn differently."""

Status = Literal["", "same", "added", "removed", "changed"]
"""Empty in the drawing of one network; in a drawing of a difference, what happened from parent to child."""

Point = tuple[float, float]


class DrawnNode(NamedTuple):
    """A box. ``name`` is the node it stands for (its last one where several layers share the box, all of
    them in ``members``), or the scope's path for a collapsed scope (``kind`` is then ``group``).

    ``label`` is what stands in the box, ``digit`` the temporal size or empty, ``colour`` the colour class:
    ``conv3d``, ``conv2p1d``, ``itgm``, ``pool``, ``point``, ``conv2d``, ``linear``, ``input``, ``join``,
    ``plain`` or ``group``. ``x`` and ``y`` are the upper left corner. ``parameters`` and ``macs`` are of one
    instance; ``times`` says how many the box stands for. ``details`` are lines to show on hover.
    """

    name: str
    kind: str
    label: str
    digit: str
    colour: str
    x: float
    y: float
    width: float
    height: float
    shape: tuple[int, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    parameters: int
    macs: int
    times: int
    members: tuple[str, ...]
    details: tuple[str, ...]
    group: str
    status: Status = ""


class DrawnEdge(NamedTuple):
    """A line along ``points`` from the lower side of one box to the upper side of another."""

    source: str
    target: str
    points: tuple[Point, ...]
    status: Status = ""


class DrawnGroup(NamedTuple):
    """A frame around the boxes of one scope; ``label`` ends in ``×4`` where repeats are drawn once.
    ``parameters`` and ``macs`` count every repeat it stands for. ``series`` is the name to expand the
    repeats by, or empty."""

    name: str
    label: str
    x: float
    y: float
    width: float
    height: float
    depth: int
    times: int
    parameters: int
    macs: int
    series: str
    status: Status = ""


class Drawing(NamedTuple):
    """A network laid out; groups stand outermost first, nodes from inputs to output."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    groups: tuple[DrawnGroup, ...]
    width: float
    height: float
    version: int = LAYOUT_VERSION

    def to_json(self) -> Json:
        """Plain lists and dicts; tuples become lists once through JSON text."""
        return {
            "version": self.version,
            "width": self.width,
            "height": self.height,
            "nodes": [node._asdict() for node in self.nodes],
            "edges": [edge._asdict() for edge in self.edges],
            "groups": [group._asdict() for group in self.groups],
        }

    @classmethod
    def from_json(cls, value: Json) -> Drawing:
        """The drawing of :meth:`to_json`, also after a way through JSON text."""
        return cls(
            nodes=tuple(DrawnNode(**_tuples(node)) for node in value["nodes"]),
            edges=tuple(DrawnEdge(**_tuples(edge)) for edge in value["edges"]),
            groups=tuple(DrawnGroup(**_tuples(group)) for group in value["groups"]),
            width=value["width"],
            height=value["height"],
            version=value["version"],
        )

    def text_list(self) -> tuple[str, ...]:
        """The network in words, a line a box in drawing order: for screen readers and terminals."""
        inputs: dict[str, list[str]] = {}
        for edge in self.edges:
            inputs.setdefault(edge.target, []).append(edge.source)
        lines = []
        for node in self.nodes:
            words = f"{node.name}: {node.label}"
            if node.times > 1:
                words += f", {node.times} times"
            words += f", output {'×'.join(map(str, node.shape))}" if node.shape else ""
            words += f", {node.parameters:,} parameters" if node.parameters else ""
            sources = inputs.get(node.name)
            words += f", reads {', '.join(sources)}" if sources else ""
            lines.append(words + (f" ({node.status})" if node.status not in ("", "same") else ""))
        return tuple(lines)


def _tuples(value: Json) -> Json:
    return {name: _tuple(item) for name, item in value.items()}


def _tuple(value: object) -> object:
    return tuple(_tuple(item) for item in value) if isinstance(value, list | tuple) else value
