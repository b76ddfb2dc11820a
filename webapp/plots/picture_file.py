"""A method's picture as an SVG file that stands by itself: its colours and its legend are inside."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from searchengine.report.picture import Picture
from webapp.plots.picture_cards import MARGIN
from webapp.plots.picture_drawing import STEPS, picture_content, picture_look
from webapp.plots.picture_layout import lay_out
from webapp.plots.picture_words import legend_lines, picture_label
from webapp.plots.scale import number
from webapp.plots.svg_parts import joined, text

Colour = Sequence[float]
"""Red, green and blue, each from 0 to 255."""

FIRST, SECOND = (0x00, 0x72, 0xB2), (0xBB, 0x45, 0x93)
INK, PAPER = (0x17, 0x1B, 0x22), (0xFF, 0xFF, 0xFF)
LEGEND_LINE = 16.0

STYLE = """
.pic{background:#fff;font-family:system-ui,sans-serif}
.pic text{fill:#171b22}.pic-band{fill:#f4f5f8}.pic-hit{display:none}.pic-line{fill:none;stroke-linecap:round}
.pic .pic-lane{font-size:12px;font-weight:600;fill:#525b69;text-anchor:middle}
.pic-card{stroke-width:1.5}.pic .pic-title{font-size:13px;font-weight:600}
.pic .pic-about{font-size:11px;fill:#525b69}.pic-first{fill:#0072b2}.pic-second{fill:#bb4593}
.pic-edge.faint .pic-line{stroke-dasharray:5 4}
.pic-edge.added .pic-line{stroke:#0b6e4f}.pic-edge.repaired .pic-line{stroke:#b35300}
.pic-edge.removed .pic-line{stroke:#b3261e}
.pic-changed .pic-edge:not(.added):not(.removed):not(.repaired) .pic-line{opacity:.5}
.pic-node.added .pic-card{stroke:#0b6e4f;stroke-width:2.5}
.pic-node.repaired .pic-card{stroke:#b35300;stroke-width:2.5}
.pic-node.removed .pic-card{stroke:#b3261e;stroke-width:2;stroke-dasharray:6 4}
.pic-sign circle,.pic-badge rect{fill:#525b69}
.pic .pic-sign text,.pic .pic-badge text{fill:#fff;text-anchor:middle}
.pic-sign text{font-size:12px;font-weight:700}.pic-badge text{font-size:10px;font-weight:600}
.pic-sign.added circle,.pic-badge.added rect{fill:#0b6e4f}
.pic-sign.removed circle,.pic-badge.removed rect{fill:#b3261e}
.pic-sign.repaired circle,.pic-badge.repaired rect{fill:#b35300}
.pic-note{fill:#fff;stroke:#dde1e8}.pic-trace{fill:none;stroke:#3d4fc4;stroke-width:1.5}
.pic .pic-weight{font-size:10px;text-anchor:middle}.pic .pic-legend{font-size:11px;fill:#525b69}
""".strip()
"""Looks outside any page, in the light theme's colours; the eleven steps of weights and mixes are added."""


def picture_file(picture: Picture) -> str:
    """The whole text of the file."""
    plan = lay_out(picture)
    lines = legend_lines(picture)
    height = plan.height + (MARGIN + LEGEND_LINE * len(lines) if lines else 0.0)
    legend = joined(
        text("pic-legend", MARGIN, plan.height + MARGIN + LEGEND_LINE * row, line)
        for row, line in enumerate(lines)
    )
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="{}" viewBox="0 0 {} {}" width="{}" height="{}" '
        'role="img" aria-label="{}"><title>{}</title><style>{}</style>{}{}</svg>\n',
        picture_look(picture), number(plan.width), number(height), number(plan.width), number(height),
        picture_label(picture), picture.title, _style(), picture_content(picture, plan), legend,
    )  # fmt: skip


def _style() -> SafeString:
    rules = [
        ".w-unknown .pic-line{stroke:#959aa3;stroke-width:2}",
        ".mix-none .pic-card{fill:#fff;stroke:#7b8492}",
    ]
    for step in range(STEPS + 1):
        share = step / STEPS
        ink, mix = _blend(PAPER, INK, 0.3 + 0.65 * share), _blend(FIRST, SECOND, share)
        rules.append(f".w-{step} .pic-line{{stroke:{_hex(ink)};stroke-width:{1.2 + 4.3 * share:.2f}}}")
        rules.append(f".mix-{step} .pic-card{{fill:{_hex(_blend(PAPER, mix, 0.12))};stroke:{_hex(mix)}}}")
    # Weights first: the colour of a changed edge stands over theirs.
    return mark_safe("\n".join([*rules, STYLE]))


def _blend(one: Colour, other: Colour, share: float) -> Colour:
    return [a + (b - a) * share for a, b in zip(one, other, strict=True)]


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in colour)
