"""What a method's picture says, for those who read it: titles, tables and the line for a screen reader."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from searchengine.report.picture import Picture, PictureEdge, PictureNode


class EdgeRow(NamedTuple):
    """A connection in words; ``weight`` is empty while it is unknown, ``moved`` (``0.49 to 0.86``) where
    nothing is known of its training."""

    source: str
    target: str
    weight: str
    remark: str
    moved: str = ""


class NodeRow(NamedTuple):
    """A card in words; ``share`` says how much of the picture's two ends it holds."""

    title: str
    lane: str
    about: str
    share: str
    remark: str


def edge_rows(picture: Picture) -> tuple[EdgeRow, ...]:
    """Every edge, by the target's lane and place, the strongest first."""
    nodes = {node.name: node for node in picture.nodes}

    def place(edge: PictureEdge) -> tuple[int, int, float]:
        node = nodes.get(edge.target)
        strength = -1.0 if edge.weight is None else edge.weight
        return (node.lane, node.place, -strength) if node else (len(picture.lanes), 0, -strength)

    def row(edge: PictureEdge) -> EdgeRow:
        ends = _title(nodes, edge.source), _title(nodes, edge.target)
        return EdgeRow(*ends, weight_said(edge.weight), remark(edge), _moved(edge.trace))

    return tuple(row(edge) for edge in sorted(picture.edges, key=place))


def node_rows(picture: Picture) -> tuple[NodeRow, ...]:
    """Every card, from lane to lane and from above."""
    return tuple(
        NodeRow(
            node.title,
            picture.lanes[node.lane] if 0 <= node.lane < len(picture.lanes) else "",
            ", ".join(node.lines),
            share_said(picture, node),
            ", ".join(filter(None, [node.status, *node.badges])),
        )
        for node in sorted(picture.nodes, key=lambda node: (node.lane, node.place))
    )


def edge_title(picture: Picture, edge: PictureEdge) -> str:
    """``RGB 0 → block 8: weight 0.16, removed``, without what is not known; below it the weights it had on
    its way through the training."""
    nodes = {node.name: node for node in picture.nodes}
    weight = f"weight {weight_said(edge.weight)}" if edge.weight is not None else ""
    words = ", ".join(filter(None, [weight, edge.status]))
    said = f"{_title(nodes, edge.source)} → {_title(nodes, edge.target)}{': ' if words else ''}{words}"
    if len(edge.trace) > 1:
        said += f"\nin training: {' '.join(map(weight_said, few_of(edge.trace)))}"
    return said


def node_title(picture: Picture, node: PictureNode) -> str:
    """Everything a card says, a line each."""
    done = ", ".join(filter(None, [node.status, *node.badges]))
    return "\n".join(filter(None, [node.title, *node.lines, share_said(picture, node), done]))


def picture_label(picture: Picture) -> str:
    """The picture in a sentence or two, for those who hear it instead."""
    lanes = len({node.lane for node in picture.nodes})
    said = [
        f"{picture.title}: {_count(len(picture.nodes), 'node')} in {_count(lanes, 'lane')}"
        f" from left to right, {_count(len(picture.edges), 'connection')}"
    ]
    counts = Counter(edge.status for edge in picture.edges if edge.status)
    said += [f"{count} {status}" for status, count in counts.items()]
    known = [edge for edge in picture.edges if edge.weight is not None and edge.status != "removed"]
    if known:
        strongest = max(known, key=lambda edge: edge.weight or 0.0)
        said.append(f"the strongest is {edge_title(picture, strongest).partition(chr(10))[0]}")
    return ", ".join(said)


def share_said(picture: Picture, node: PictureNode) -> str:
    """``30 % RGB, 70 % flow``; empty for a card without a colour."""
    if node.mix is None or not any(picture.ends):
        return ""
    share = round(100 * min(max(node.mix, 0.0), 1.0))
    return f"{100 - share} % {picture.ends[0]}, {share} % {picture.ends[1]}"


def weight_said(weight: float | None) -> str:
    return "" if weight is None else f"{weight:.2f}"


def remark(edge: PictureEdge) -> str:
    """What was done to an edge, and whether it is drawn dashed."""
    return ", ".join(filter(None, [edge.status, "dashed" if edge.faint else ""]))


def _moved(trace: tuple[float, ...]) -> str:
    return f"{weight_said(trace[0])} to {weight_said(trace[-1])}" if len(trace) > 1 else ""


def _title(nodes: dict[str, PictureNode], name: str) -> str:
    return nodes[name].title if name in nodes else name


def few_of(trace: tuple[float, ...], most: int = 12) -> list[float]:
    """At most so many of them, evenly chosen, the first and the last among them."""
    if len(trace) <= most:
        return list(trace)
    return [trace[round(index * (len(trace) - 1) / (most - 1))] for index in range(most)]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def legend_lines(picture: Picture) -> tuple[str, ...]:
    """What widths, dashes and colours mean, as sentences; only of what occurs."""
    statuses = {edge.status for edge in picture.edges} | {node.status for node in picture.nodes}
    lines = []
    if any(edge.weight is not None for edge in picture.edges):
        lines.append("The wider and darker an edge, the larger its weight, from 0 to 1.")
    lines += [words for status, words in STATUS_WORDS.items() if status in statuses]
    if any(picture.ends) and any(node.mix is not None for node in picture.nodes):
        lines.append(f"The bar of a card: blue is {picture.ends[0]}, pink is {picture.ends[1]}.")
    return (*lines, *picture.legend, *picture.notes)


STATUS_WORDS = {
    "added": "Green with +: added.",
    "removed": "Red with ×: removed.",
    "repaired": "Orange with !: repaired.",
}
