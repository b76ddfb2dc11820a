"""How often each value of a gene stands in the living population, beside how often it was born."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from searchengine.core.jsontext import Json
from searchengine.report.history import RunHistory
from searchengine.report.panels.base import Panel, PanelAxis, PanelMaker, PanelSeries
from searchengine.report.population import alive

Values = Callable[[Json], Iterable[int]]
"""The values of a gene in a genome: ``(1, 3, 3, 7)``."""


def histogram(slug: str, title: str, help: str, axis: PanelAxis, values: Values) -> PanelMaker:
    """A panel of two bar series, shares that each add up to 1: all births, and those alive now."""

    def panel(run: RunHistory) -> Panel:
        living = set(alive(run))
        born: Counter[int] = Counter()
        now: Counter[int] = Counter()
        for birth in run.births:
            if birth.genome is None:
                continue
            found = Counter(values(birth.genome))
            born += found
            if birth.number in living:
                now += found
        labels = tuple(str(value) for value in sorted(born))
        series = tuple(
            PanelSeries(
                name, "bars", labels, tuple(counts[value] / counts.total() for value in sorted(born)), colour
            )
            for name, counts, colour in (("all births", born, "muted"), ("population now", now, "accent"))
            if counts
        )
        return Panel(
            slug, title, help, axis, PanelAxis("share"), series,
            empty="" if series else "Appears with the first births.",
        )  # fmt: skip

    return panel


def temporal_sizes(values: Values) -> PanelMaker:
    """The histogram of temporal kernel sizes, in frames."""
    return histogram(
        "temporal-sizes",
        "Temporal sizes",
        "Frames a layer looks at: what is commoner in the population than among births was selected.",
        PanelAxis("temporal size", "frames"),
        values,
    )
