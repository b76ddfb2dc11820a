"""The population over time: one bar a life, one row a place in the population."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from searchengine.report.population import Lifetime, Strip
from webapp.plots.scale import Span, fitness, number, span_of

FEWEST_ROWS = 10
"""Rows the drawing has room for at least, so that a young population does not stand in huge bars."""

SHADES = 5
"""Classes ``shade-0`` (least fit) to ``shade-4`` (fittest); ``shade-none`` is a life without a fitness."""


def strip_drawing(
    strip: Strip, *, link: Callable[[int], str], width: float = 720.0, row_height: float = 12.0
) -> SafeString:
    """Every stay as a bar from entering to leaving, darker when fitter; ``link`` gives a birth's address.

    The links are for a pointer; the table of all networks has them for the keyboard."""
    across = Span(0.0, float(max(strip.places, 1)))
    fittest = span_of([life.fitness for life in strip.lives if life.fitness is not None], margin=0.0)
    bars = format_html_join(
        "",
        '<a href="{}" tabindex="-1"><rect class="life shade-{}{}" x="{}" y="{}" width="{}" height="{}" '
        'rx="2"><title>{}</title></rect></a>',
        (
            (
                link(life.number),
                _shade(life, fittest),
                "" if life.left is None else " left",
                number(across.share(life.entered) * width),
                number(life.row * row_height + 1),
                number(max(_length(life, strip, across) * width - 1, 1.5)),
                number(row_height - 2),
                _title(life),
            )
            for life in strip.lives
        ),
    )
    return format_html(
        '<svg class="strip" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>',
        number(width), number(max(strip.rows, FEWEST_ROWS) * row_height), _label(strip), bars,
    )  # fmt: skip


def _shade(life: Lifetime, span: Span) -> str:
    if life.fitness is None:
        return "none"
    return str(min(SHADES - 1, int(span.share(life.fitness) * SHADES)))


def _length(life: Lifetime, strip: Strip, across: Span) -> float:
    until = strip.places if life.left is None else life.left
    return across.share(until) - across.share(life.entered)


def _title(life: Lifetime) -> str:
    end = "lives" if life.left is None else f"left after result {life.left}: {life.reason}"
    return f"#{life.number}, fitness {fitness(life.fitness)}, entered with result {life.entered}, {end}"


def _label(strip: Strip) -> str:
    living = sum(life.left is None for life in strip.lives)
    return f"{living} living individuals, {len(strip.lives) - living} left, over {strip.places} results"
