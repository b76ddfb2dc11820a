"""How many changes each child got: massive and diverse early, few late."""

from __future__ import annotations

from collections.abc import Callable

from searchengine.report.history import RunHistory
from searchengine.report.panels.base import Panel, PanelAxis, PanelMaker, PanelSeries
from searchengine.report.series import thinned

Schedule = Callable[[RunHistory], dict[int, int]]
"""The number of changes planned for each birth number."""


def mutation_schedule(planned: Schedule | None = None) -> PanelMaker:
    """A panel of changes per child over birth numbers, and the plan's line where a method has one."""

    def panel(run: RunHistory) -> Panel:
        born = [birth for birth in run.births if birth.parents]
        kept = [born[index] for index in thinned([float(len(birth.changes)) for birth in born])]
        series = []
        if kept:
            series.append(
                PanelSeries(
                    "changes of a child",
                    "points",
                    tuple(float(birth.number) for birth in kept),
                    tuple(float(len(birth.changes)) for birth in kept),
                    births=tuple(birth.number for birth in kept),
                    text=tuple(", ".join(change.text for change in birth.changes) for birth in kept),
                )
            )
        plan = planned(run) if planned else {}
        if plan:
            numbers = sorted(plan)
            series.append(
                PanelSeries(
                    "planned",
                    "step",
                    tuple(float(number) for number in numbers),
                    tuple(float(plan[number]) for number in numbers),
                    colour="muted",
                )
            )
        return Panel(
            "mutations",
            "Changes per child",
            "Mutations each child received: many at the start search widely, one at the end refines.",
            PanelAxis("birth"),
            PanelAxis("changes"),
            tuple(series),
            empty="" if series else "Appears with the first child.",
        )

    return panel
