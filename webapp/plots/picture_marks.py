"""What is written on a picture's edges and cards: signs of a change, weights, and their way through training.

A sign says again what a colour says, for eyes that do not tell the colours apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from searchengine.report.picture import PictureEdge
from webapp.plots.picture_cards import Card
from webapp.plots.picture_ways import Point
from webapp.plots.picture_words import weight_said
from webapp.plots.scale import number
from webapp.plots.svg_parts import fitted, joined, rect, text

SIGNS = {"added": "+", "removed": "×", "repaired": "!"}

HEIGHT = 16.0
SIGN_WIDTH = 18.0
TRACE = (28.0, 10.0)
NUMBER_WIDTH = 31.0
CHARACTER = 6.0
BADGE = 16.0


class Mark(NamedTuple):
    """Something written around the origin, so wide."""

    svg: SafeString
    width: float


def edge_mark(edge: PictureEdge, *, numbers: bool) -> Mark | None:
    """The sign of a changed edge and, with ``numbers``, its weight with the way it took; None where there is
    nothing to write."""
    said = weight_said(edge.weight) if numbers else ""
    traced = bool(said) and len(edge.trace) > 1
    sign = SIGN_WIDTH if edge.status else 0.0
    room = (NUMBER_WIDTH if said else 0.0) + (TRACE[0] + 7 if traced else 0.0)
    if not sign and not room:
        return None
    parts, left = [], -(sign + room) / 2
    if edge.status:
        parts.append(_sign(edge.status, left + 8))
    if said:
        parts.append(rect("pic-note", left + sign, -HEIGHT / 2, room, HEIGHT, 8))
        parts.append(text("pic-weight", left + sign + room - NUMBER_WIDTH / 2, 3.5, said))
    if traced:
        parts.append(_trace(edge.trace, left + sign + 7))
    return Mark(joined(parts), sign + room)


def spot_for(width: float, spots: Sequence[Point], taken: Sequence[tuple[Point, float]]) -> Point:
    """The first spot where a mark so wide meets none of those ``taken``; else the first of all."""
    for x, y in spots:
        if all(
            abs(x - other_x) > (width + other_width) / 2 + 2 or abs(y - other_y) > HEIGHT + 1
            for (other_x, other_y), other_width in taken
        ):
            return x, y
    return spots[0]


def badges(card: Card) -> SafeString:
    """What was done to a node, on the upper edge of its card from the right; the rest is counted."""
    status = card.node.status
    words = [*([SIGNS[status]] if status else []), *card.node.badges]
    at, parts = card.x + card.width + 6, []
    for row, word in enumerate(words):
        short = fitted(word, card.width - 12, CHARACTER)
        width = max(CHARACTER * len(short) + 12, BADGE)
        crowded = at - width < card.x - 6
        if crowded:
            short, width = f"+{len(words) - row}", 24.0
        parts.append(
            format_html(
                '<g class="pic-badge {}">{}{}</g>',
                status,
                rect("", at - width, card.y - BADGE / 2 - 2, width, BADGE, 8),
                text("", at - width / 2, card.y + 2, short),
            )
        )
        if crowded:
            break
        at -= width + 3
    return joined(parts)


def _sign(status: str, x: float) -> SafeString:
    return format_html(
        '<g class="pic-sign {}"><circle cx="{}" cy="0" r="7.5"/>{}</g>',
        status, number(x), text("", x, 4, SIGNS[status]),
    )  # fmt: skip


def _trace(trace: Sequence[float], left: float) -> SafeString:
    """Weights from left to right, 0 below and 1 above."""
    width, height = TRACE
    points = (
        (left + index * width / (len(trace) - 1), height / 2 - min(max(weight, 0.0), 1.0) * height)
        for index, weight in enumerate(trace)
    )
    written = mark_safe(" ".join(f"{number(x)},{number(y)}" for x, y in points))  # digits alone
    return format_html('<polyline class="pic-trace" points="{}"/>', written)
