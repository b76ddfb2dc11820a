"""Panels that every run page can show. A method's spec names entries of :data:`PANELS` or of the ``PANELS``
in its own folder's ``panels.py``; its own come first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from searchengine.core.errors import UnknownName
from searchengine.report.history import RunHistory
from searchengine.report.panels.ancestry import winner_ancestry
from searchengine.report.panels.base import (
    HeatStep,
    Mark,
    Panel,
    PanelAxis,
    PanelBand,
    PanelHeat,
    PanelMaker,
    PanelSeries,
    PanelTable,
)
from searchengine.report.panels.mutations import mutation_schedule
from searchengine.report.panels.operators import operator_panel
from searchengine.report.panels.scatter import accuracy_cost

__all__ = [
    "PANELS", "HeatStep", "Mark", "Panel", "PanelAxis", "PanelBand", "PanelHeat", "PanelMaker", "PanelSeries",
    "PanelTable", "draw", "panel_makers",
]  # fmt: skip

PANELS: dict[str, PanelMaker] = {
    "operators": operator_panel,
    "mutations": mutation_schedule(),
    "ancestry": winner_ancestry,
    "accuracy-parameters": accuracy_cost("parameters"),
    "accuracy-flops": accuracy_cost("flops"),
    "accuracy-latency": accuracy_cost("latency"),
}


def panel_makers(names: Iterable[str], own: Mapping[str, PanelMaker] | None = None) -> dict[str, PanelMaker]:
    """The panels of those names in that order. Raises ``UnknownName`` listing what there is."""
    known = {**PANELS, **(own or {})}
    found = {}
    for name in names:
        if name not in known:
            raise UnknownName(f"there is no panel {name!r}; there are {', '.join(sorted(known))}")
        found[name] = known[name]
    return found


def draw(
    names: Iterable[str], run: RunHistory, own: Mapping[str, PanelMaker] | None = None
) -> tuple[Panel, ...]:
    """The panels of those names, made from the run's history."""
    return tuple(maker(run) for maker in panel_makers(names, own).values())
