"""A method's picture as an SVG: cards in lanes, edges as wide and dark as they are strong.

Looks come from classes alone, so the page's stylesheet colours it in light and dark. Classes of an edge:
``w-0`` to ``w-10`` by its weight or ``w-unknown``, ``faint``, and its status; of a card: ``mix-0`` to
``mix-10`` or ``mix-none``, and its status. Names, titles and lines are a method's text and always escaped.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from searchengine.report.picture import Picture, PictureEdge, PictureNode
from webapp.plots.picture_cards import HEAD, LINE, MIX_BAR, PAD, TITLE_LINE, Card
from webapp.plots.picture_layout import LaneBand, PictureLayout, lay_out
from webapp.plots.picture_marks import badges, edge_mark, spot_for
from webapp.plots.picture_ways import Point, Wire
from webapp.plots.picture_words import edge_title, few_of, node_title, picture_label, weight_said
from webapp.plots.scale import number
from webapp.plots.svg_parts import fitted, joined, rect, text

STEPS = 10
FEW_EDGES = 20
"""Up to so many edges there is room to write at each its weight and how that moved. With more, every edge
holds its weights over the training as ``data-trace``, and a script draws those of the node pointed at."""


def picture_drawing(picture: Picture) -> SafeString:
    """The picture as one ``<svg>`` for a page that has ``picture.css``."""
    plan = lay_out(picture)
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        picture_look(picture), number(plan.width), number(plan.height), picture_label(picture),
        picture_content(picture, plan),
    )  # fmt: skip


def picture_look(picture: Picture) -> str:
    """The classes of the whole: where something changed, what stayed as it was steps back."""
    changed = any(edge.status for edge in picture.edges) or any(node.status for node in picture.nodes)
    return "pic pic-changed" if changed else "pic"


def picture_content(picture: Picture, plan: PictureLayout) -> SafeString:
    """Everything inside the ``<svg>``, from the back to the front."""
    return format_html(
        '<g class="pic-lanes">{}</g><g class="pic-edges">{}</g><g class="pic-marks">{}</g>'
        '<g class="pic-nodes">{}</g>',
        joined(_lane(lane, plan.height) for lane in plan.lanes),
        joined(_edge(wire, edge_title(picture, wire.edge), few=_few(plan.wires)) for wire in plan.wires),
        _marks(plan.wires),
        joined(_node(card, node_title(picture, card.node)) for card in plan.cards),
    )


def edge_look(edge: PictureEdge) -> str:
    """The classes of an edge."""
    weight = "unknown" if edge.weight is None else str(_step(edge.weight))
    return " ".join(filter(None, [f"w-{weight}", "faint" if edge.faint else "", edge.status]))


def node_look(node: PictureNode) -> str:
    """The classes of a card."""
    mix = "none" if node.mix is None else str(_step(node.mix))
    return " ".join(filter(None, [f"mix-{mix}", node.status]))


def path_of(bends: Sequence[tuple[Point, Point]]) -> SafeString:
    """Path data: a curve for every pair, straight lines between them."""
    parts: list[str] = []
    for (x0, y0), (x1, y1) in bends:
        half = number((x0 + x1) / 2)
        parts.append(
            f"{'L' if parts else 'M'}{number(x0)} {number(y0)}"
            f"C{half} {number(y0)} {half} {number(y1)} {number(x1)} {number(y1)}"
        )
    return mark_safe("".join(parts))  # digits and path letters alone


def _step(share: float) -> int:
    return round(STEPS * min(max(share, 0.0), 1.0))


def _lane(lane: LaneBand, height: float) -> SafeString:
    title = text("pic-lane", lane.x + lane.width / 2, HEAD - 12, fitted(lane.title, lane.width, 6.6))
    return rect("pic-band", lane.x - 12, 0, lane.width + 24, height, 12) + title


def _edge(wire: Wire, title: str, *, few: bool) -> SafeString:
    edge, way = wire.edge, path_of(wire.bends)
    weights = "" if few or len(edge.trace) < 2 else " ".join(map(weight_said, few_of(edge.trace)))
    trace = format_html(' data-trace="{}"', weights) if weights else ""
    return format_html(
        '<g class="pic-edge {}" data-key="{}" data-source="{}" data-target="{}" data-weight="{}"{}>'
        '<title>{}</title><path class="pic-hit" d="{}"/><path class="pic-line" d="{}"/></g>',
        edge_look(edge), _key(edge), edge.source, edge.target, weight_said(edge.weight), trace, title,
        way, way,
    )  # fmt: skip


def _few(wires: Sequence[Wire]) -> bool:
    return len(wires) <= FEW_EDGES


def _key(edge: PictureEdge) -> str:
    return f"{edge.source} > {edge.target} {edge.status}".rstrip()


def _marks(wires: Sequence[Wire]) -> SafeString:
    """Signs on changed edges, and with few edges the weight beside each, where nothing else was written."""
    taken: list[tuple[Point, float]] = []
    marks = []
    for wire in wires:
        mark = edge_mark(wire.edge, numbers=_few(wires))
        if mark is None:
            continue
        spot = spot_for(mark.width, wire.spots, taken)
        taken.append((spot, mark.width))
        marks.append(
            format_html(
                '<g class="pic-mark {}" data-key="{}" transform="translate({} {})">{}</g>',
                edge_look(wire.edge), _key(wire.edge), *map(number, spot), mark.svg,
            )
        )  # fmt: skip
    return joined(marks)


def _node(card: Card, title: str) -> SafeString:
    node, x, room = card.node, card.x + PAD + 2, card.width - 2 * PAD - 4
    top = card.y + PAD
    lines = [
        text("pic-about", x, top + TITLE_LINE + LINE * row + 8, fitted(line, room, 6.1))
        for row, line in enumerate(node.lines)
    ]
    content = [
        rect("pic-card", card.x, card.y, card.width, card.height, 8),
        text("pic-title", x, top + 12, fitted(node.title, room, 7.4)),
        *lines,
        _mix_bar(card),
        badges(card),
    ]
    return format_html(
        '<g class="pic-node {}" data-key="{}" data-node="{}" data-title="{}"><title>{}</title>{}</g>',
        node_look(node), node.name, node.name, node.title, title, joined(content),
    )  # fmt: skip


def _mix_bar(card: Card) -> SafeString:
    """The two shares side by side: the picture's first end from the left, the second from the right."""
    if card.node.mix is None:
        return SafeString()
    x, y, width = card.x + PAD + 1, card.y + card.height - PAD - MIX_BAR + 2, card.width - 2 * PAD - 2
    second = min(max(card.node.mix, 0.0), 1.0) * width
    ends = [("pic-first", x, width - second), ("pic-second", x + width - second, second)]
    return joined(rect(look, left, y, length, MIX_BAR, 2) for look, left, length in ends if length > 0.5)
