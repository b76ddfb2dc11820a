"""Who worked on what and when: one row a worker slot."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from searchengine.report.lanes import Bar, Lane
from webapp.plots.scale import Span, duration, number


def lane_drawing(
    lane: Lane, start: float, end: float, width: float = 600.0, height: float = 20.0
) -> SafeString:
    """One lane's bars between ``start`` and ``end`` (seconds since the run started)."""
    across = Span(start, max(end, start + 1e-6))
    bars = format_html_join(
        "",
        '<rect class="bar {}" x="{}" y="2" width="{}" height="{}" rx="3"><title>{}</title></rect>',
        (
            (
                bar.state,
                number(max(across.share(bar.started), 0.0) * width),
                number(max((across.share(bar.ended) - max(across.share(bar.started), 0.0)) * width, 2.0)),
                number(height - 4),
                _title(bar),
            )
            for bar in lane.bars
        ),
    )
    return format_html(
        '<svg class="lane" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>',
        number(width), number(height), f"{lane.name}: busy {lane.busy:.0%} of the time shown", bars,
    )  # fmt: skip


def _title(bar: Bar) -> str:
    births = ", ".join(f"#{birth}" for birth in bar.births[:4]) or f"job {bar.job}"
    return (
        f"{births}: {bar.state} for {duration(bar.ended - bar.started)}{' · ' + bar.text if bar.text else ''}"
    )
