"""Which operator pays, as a table and bars."""

from __future__ import annotations

from searchengine.report.history import RunHistory
from searchengine.report.operators import OperatorCredit, operator_credit
from searchengine.report.panels.base import Panel, PanelAxis, PanelSeries, PanelTable


def operator_panel(run: RunHistory) -> Panel:
    """Tries, improvements and mean gain of every operator; the tries add up to the births."""
    credits = operator_credit(run)
    with_gain = [credit for credit in credits if credit.mean_gain is not None]
    bars = PanelSeries(
        "mean gain over the parent",
        "bars",
        tuple(credit.operator for credit in with_gain),
        tuple(credit.mean_gain for credit in with_gain),
        text=tuple(_interval(credit) for credit in with_gain),
    )
    rows = tuple(
        (
            credit.operator,
            str(credit.tries),
            str(credit.failed),
            f"{credit.improved} of {credit.gained}",
            "" if credit.mean_gain is None else f"{credit.mean_gain:+.4f}",
            _interval(credit),
        )
        for credit in credits
    )
    return Panel(
        "operators",
        "Which operator pays",
        "Fitness of a child minus its first parent's. An interval that holds 0 shows nothing.",
        PanelAxis("operator"),
        PanelAxis("mean gain in fitness"),
        (bars,) if with_gain else (),
        PanelTable(("operator", "births", "failed", "improved", "mean gain", "95 % interval"), rows)
        if rows
        else None,
        empty="" if rows else "Appears with the first births.",
    )


def _interval(credit: OperatorCredit) -> str:
    return f"{credit.interval[0]:+.4f} to {credit.interval[1]:+.4f}" if credit.interval else ""
