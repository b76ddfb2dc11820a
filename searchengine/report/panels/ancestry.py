"""The best network's line of parents with the changes on every step."""

from __future__ import annotations

from searchengine.report.history import RunHistory
from searchengine.report.lineage import ancestry
from searchengine.report.panels.base import Panel, PanelAxis, PanelSeries, PanelTable


def winner_ancestry(run: RunHistory) -> Panel:
    """The best network's line of parents with the mutations on every step."""
    help = "From the founder to the best network: what was changed on each step and what it brought."
    best = _best(run)
    steps = ancestry(run, best) if best is not None else ()
    rows = tuple(
        (
            f"#{step.number}",
            "; ".join(change.text for change in step.changes) or step.operator,
            "" if step.fitness is None else f"{step.fitness:.3f}",
            "" if step.gain is None else f"{step.gain:+.3f}",
        )
        for step in steps
    )
    numbers = tuple(step.number for step in steps)
    series = PanelSeries(
        "fitness along the line",
        "step",
        tuple(float(step.cycle) for step in steps),
        tuple(step.fitness for step in steps),
        births=numbers,
        text=tuple(row[1] for row in rows),
    )
    return Panel(
        "ancestry", "How the best network came to be", help, PanelAxis("round"), PanelAxis("fitness"),
        (series,) if steps else (),
        PanelTable(("birth", "changes", "fitness", "gain"), rows, numbers) if rows else None,
        empty="" if steps else "Appears with the first result.",
    )  # fmt: skip


def _best(run: RunHistory) -> int | None:
    told = [(row.fitness, -number) for number, row in run.first_scores().items() if row.fitness is not None]
    return -max(told)[1] if told else None
