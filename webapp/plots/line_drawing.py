"""Curves as a small SVG: what a list row shows, and what a chart shows before any script runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from searchengine.report.series import Curve
from webapp.plots.scale import Span, fitness, number, span_of


class Line(NamedTuple):
    """A curve and the class it is drawn with (``run``, ``control``, ``quiet``); ``steps`` draws it as a
    staircase."""

    curve: Curve
    look: str
    steps: bool = False


def line_drawing(
    lines: Sequence[Line],
    *,
    label: str,
    width: float = 240.0,
    height: float = 48.0,
    points: Sequence[tuple[float, float]] = (),
) -> SafeString:
    """An SVG that stretches to its box. ``points`` are drawn as dots behind the lines; ``label`` is read out.

    All lines share both axes. A curve without values leaves only the base line.
    """
    xs = [x for line in lines for x in line.curve.x] + [x for x, _ in points]
    ys = [y for line in lines for y in line.curve.y if y is not None] + [y for _, y in points]
    across, up = span_of(xs, margin=0.0), span_of(ys, margin=0.08)
    dots = format_html_join(
        "",
        '<circle class="point" cx="{}" cy="{}" r="1.6"/>',
        ((number(across.share(x) * width), number((1 - up.share(y)) * height)) for x, y in points),
    )
    paths = format_html_join(
        "",
        '<path class="{}" d="{}"/>',
        ((line.look, _path(line, across, up, width, height)) for line in lines if _known(line.curve)),
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="axis" d="M0 {}H{}"/>{}{}</svg>',
        number(width), number(height), label, number(height), number(width), dots, paths,
    )  # fmt: skip


def best_label(best: Curve, control: Curve | None = None) -> str:
    """What the drawing of best so far says in words."""
    last = _known(best)
    if not last:
        return "No result yet"
    words = f"Best so far rises from {fitness(last[0][1])} to {fitness(last[-1][1])}"
    other = _known(control) if control else []
    return f"{words}; the control is at {fitness(other[-1][1])}" if other else words


def _known(curve: Curve) -> list[tuple[float, float]]:
    return [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if y is not None]


def _path(line: Line, across: Span, up: Span, width: float, height: float) -> SafeString:
    parts: list[str] = []
    for x, y in _known(line.curve):
        at_x, at_y = number(across.share(x) * width), number((1 - up.share(y)) * height)
        if not parts:
            parts.append(f"M{at_x} {at_y}")
        else:
            parts.append(f"H{at_x}V{at_y}" if line.steps else f"L{at_x} {at_y}")
    if len(parts) == 1:
        parts.append("h2")
    return mark_safe("".join(parts))  # digits and path letters alone
