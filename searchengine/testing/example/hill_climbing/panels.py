"""The method's own panel: which sizes the climb went through."""

from __future__ import annotations

from searchengine.report.history import RunHistory
from searchengine.report.panels.base import Panel, PanelAxis, PanelMaker, PanelSeries


def summits(run: RunHistory) -> Panel:
    """Width and depth of every network that stood at the summit, in the order they came there.

    ``run`` must hold the genomes."""
    births = run.birth_rows()
    climbed = [(row.place, row.number, births[row.number].genome) for row in run.entered]
    steps = [(place, number, genome) for place, number, genome in climbed if genome is not None]
    series = tuple(
        PanelSeries(
            gene,
            "step",
            tuple(float(place) for place, _, _ in steps),
            tuple(float(genome[gene]) for _, _, genome in steps),
            births=tuple(number for _, number, _ in steps),
        )
        for gene in ("width", "depth")
    )
    return Panel(
        "summits",
        "Sizes on the way up",
        "Each step is a network that beat all before it: how wide and how deep it is.",
        PanelAxis("candidates told"),
        PanelAxis("size"),
        series if steps else (),
        empty="" if steps else "Appears with the first result.",
    )


PANELS: dict[str, PanelMaker] = {"summits": summits}
