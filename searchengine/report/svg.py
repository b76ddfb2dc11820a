"""A drawing as SVG text, made on the server: there before any script runs, and the form to download.

Looks come from classes alone, so the page's stylesheet colours it in light and dark; positions are
attributes of the elements. For a file that stands by itself, pass a stylesheet to embed.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from searchengine.report.boxes import DIGIT_WIDTH
from searchengine.report.drawing import Drawing, DrawnEdge, DrawnGroup, DrawnNode, Point

RADIUS = 6.0

STANDALONE_CSS = """
.net{background:#fff;font-family:system-ui,sans-serif;font-size:12px} .net-group
rect{fill:#f4f5f7;fill-opacity:.6;stroke:#c9ced6}.net-group text{fill:#5b6472;font-size:11px} .net-edge
path{fill:none;stroke:#8a93a1;stroke-width:1.4}.net-arrow{fill:#8a93a1} .net-node
rect{fill:#eceff3;stroke:#aeb6c2}.net-node text{fill:#1d2430}.net-node
.net-shape{fill:#5b6472;font-size:10px} .net-node
.net-digit{fill:#fff;font-weight:600;text-anchor:middle}.net-node .net-digit-box{fill:#6b7480;stroke:none}
.net-conv3d .net-digit-box,.net-conv2d .net-digit-box{fill:#2f6fd6}.net-conv2p1d .net-digit-box{fill:#e07b1a}
.net-itgm .net-digit-box{fill:#2b9a54}.net-pool .net-digit-box{fill:#78808c}.net-point
.net-digit-box{fill:#d6559b}
.net-conv3d>rect,.net-conv2d>rect{stroke:#2f6fd6}.net-conv2p1d>rect{stroke:#e07b1a}.net-itgm>rect{stroke:#2b9a54}
.net-point>rect{stroke:#d6559b}.net-added>rect,.net-edge.net-added path{stroke:#1a8f3c;stroke-width:2.4}
.net-removed>rect,.net-edge.net-removed path{stroke:#c62f2f;stroke-width:2.4;stroke-dasharray:5 4}
.net-changed>rect{stroke:#c98a00;stroke-width:2.4}
""".strip()
"""Colours for a drawing outside any page."""


def svg(
    drawing: Drawing, title: str, description: str = "", *, stylesheet: str = "", ident: str = "network"
) -> str:
    """The drawing as one ``<svg>`` element.

    ``title`` and ``description`` are its accessible name and text (the list of boxes where empty); ``ident``
    starts the ids inside, for pages with several drawings. Every box is a focusable group with
    ``data-node``.
    """
    width, height = _n(drawing.width), _n(drawing.height)
    text = description or "; ".join(drawing.text_list()[:60])
    name = quoteattr(f"{ident}-title {ident}-description")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="net" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-labelledby={name}>',
        f"<title id={quoteattr(ident + '-title')}>{escape(title)}</title>",
        f"<desc id={quoteattr(ident + '-description')}>{escape(text)}</desc>",
    ]
    if stylesheet:
        parts.append(f"<style>{escape(stylesheet)}</style>")
    parts += [
        f'<defs><marker id={quoteattr(ident + "-arrow")} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path class="net-arrow" d="M0 0 8 4 0 8z"/></marker></defs>',
        *(_group(group) for group in drawing.groups),
        *(_edge(edge, ident) for edge in drawing.edges),
        *(_node(node) for node in drawing.nodes),
        "</svg>",
    ]
    return "\n".join(parts)


def _group(group: DrawnGroup) -> str:
    series = f" data-series={quoteattr(group.series)}" if group.series else ""
    words = f"{group.label}: {group.parameters:,} parameters, {group.macs:,} multiply-adds"
    return (
        f'<g class="net-group net-depth-{min(group.depth, 4)}{_status(group.status)}"'
        f" data-group={quoteattr(group.name)}{series}><title>{escape(words)}</title>"
        f'<rect {_place(group)} rx="8"/>'
        f'<text x="{_n(group.x + 8)}" y="{_n(group.y + 14)}">{escape(group.label)}</text></g>'
    )


def _edge(edge: DrawnEdge, ident: str) -> str:
    ends = f"data-source={quoteattr(edge.source)} data-target={quoteattr(edge.target)}"
    return (
        f'<g class="net-edge{_status(edge.status)}" {ends}>'
        f'<path d="{path_of(edge.points)}" marker-end="url(#{ident}-arrow)"/></g>'
    )


def path_of(points: tuple[Point, ...]) -> str:
    """The path of a line with rounded corners, as SVG path data."""
    if not points:
        return ""
    words = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        words.append(
            f"L{_n(start[0])} {_n(start[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(end[0])} {_n(end[1])}"
        )
    words.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(words)


def _towards(corner: Point, other: Point) -> Point:
    """A point on the way from ``corner`` to ``other``, a corner's radius away, at most half way."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    step = min(RADIUS, length / 2) / length
    return corner[0] + dx * step, corner[1] + dy * step


def _node(node: DrawnNode) -> str:
    shape = "×".join(map(str, node.shape))
    inset = DIGIT_WIDTH if node.digit else 0.0
    x = node.x + inset + 9
    parts = [
        f'<g class="net-node net-{node.colour}{_status(node.status)}" data-node={quoteattr(node.name)}'
        f' tabindex="0" role="group" aria-label={quoteattr(hover(node)[0])}>',
        f"<title>{escape(chr(10).join(hover(node)))}</title>",
        f'<rect {_place(node)} rx="6"/>',
    ]
    if node.digit:
        parts.append(
            f'<rect class="net-digit-box" x="{_n(node.x)}" y="{_n(node.y)}" width="{_n(inset)}"'
            f' height="{_n(node.height)}" rx="6"/>'
            f'<text class="net-digit" x="{_n(node.x + inset / 2)}" y="{_n(node.y + node.height / 2 + 4)}">'
            f"{escape(node.digit)}</text>"
        )
    parts.append(f'<text class="net-label" x="{_n(x)}" y="{_n(node.y + 17)}">{escape(node.label)}</text>')
    if shape:
        parts.append(f'<text class="net-shape" x="{_n(x)}" y="{_n(node.y + 31)}">{escape(shape)}</text>')
    return "".join([*parts, "</g>"])


def hover(node: DrawnNode) -> tuple[str, ...]:
    """What stands on hover: name and words, shapes, costs, the layers inside, a line each."""
    shapes = " and ".join("×".join(map(str, shape)) for shape in node.input_shapes)
    lines = [f"{node.name}: {node.label}" + (f", {node.times} times" if node.times > 1 else "")]
    if node.shape:
        lines.append((f"{shapes} → " if shapes else "") + "×".join(map(str, node.shape)))
    if node.parameters or node.macs:
        lines.append(f"{node.parameters:,} parameters, {node.macs:,} multiply-adds")
    if node.status not in ("", "same"):
        lines.append(node.status)
    return (*lines, *node.details)


def _place(box: DrawnNode | DrawnGroup) -> str:
    return f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'


def _status(status: str) -> str:
    return f" net-{status}" if status else ""


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
