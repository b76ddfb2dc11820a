"""Which layers evolution prefers: share of each kind of layer in the population over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from searchengine.core.jsontext import Json
from searchengine.report.history import RunHistory
from searchengine.report.panels.base import Panel, PanelAxis, PanelMaker, PanelSeries
from searchengine.report.series import thinned

Count = Callable[[Json], Mapping[str, int]]
"""How often each kind of layer stands in a genome: ``{"conv3d": 4, "itgm": 2}``."""

MOST_COLUMNS = 300


def layer_kinds(count: Count, order: tuple[str, ...] = ()) -> PanelMaker:
    """A panel that stacks each kind's share of the living population's layers, from 0 to 1.

    ``count`` reads a genome; ``order`` names kinds from bottom to top, others follow by name. The colour
    class of a series is its kind.
    """

    def panel(run: RunHistory) -> Panel:
        columns = population_counts(run, count)
        kinds = [*order, *sorted({kind for _, counts in columns for kind in counts} - set(order))]
        kept = [columns[index] for index in thinned([float(place) for place, _ in columns], MOST_COLUMNS)]
        totals = [sum(counts.values()) or 1 for _, counts in kept]
        series = tuple(
            PanelSeries(
                kind,
                "area",
                tuple(float(place + 1) for place, _ in kept),
                tuple(counts.get(kind, 0) / total for (_, counts), total in zip(kept, totals, strict=True)),
                colour=kind,
            )
            for kind in kinds
            if any(counts.get(kind) for _, counts in kept)
        )
        return Panel(
            "layer-kinds",
            "Layer kinds in the population",
            "Share of each kind among all layers of the living population: what selection keeps grows.",
            PanelAxis("results told"),
            PanelAxis("share of layers"),
            series,
            empty="" if series else "Appears once the first genomes have entered the population.",
        )

    return panel


def population_counts(run: RunHistory, count: Count) -> list[tuple[int, dict[str, int]]]:
    """(place, summed counts of the living population) at every place where it changed. A genome is read
    once."""
    births = run.birth_rows()
    changes: dict[int, list[tuple[int, int]]] = {}
    for entry in run.entered:
        changes.setdefault(entry.place, []).append((entry.number, 1))
    for death in run.deaths:
        changes.setdefault(death.place, []).append((death.number, -1))
    known: dict[int, Mapping[str, int]] = {}
    now: dict[str, int] = {}
    found = []
    for place in sorted(changes):
        for number, sign in changes[place]:
            if number not in known:
                genome = births[number].genome if number in births else None
                known[number] = count(genome) if genome is not None else {}
            for kind, amount in known[number].items():
                now[kind] = now.get(kind, 0) + sign * amount
        found.append((place, dict(now)))
    return found
