"""The family around a birth, for the graph of the analysis page."""

from __future__ import annotations

from searchengine.core.jobs import Change
from searchengine.core.jsontext import loads
from searchengine.report.history import BirthRow, ScoreRow, history
from searchengine.report.lineage import Family, family
from webapp.searches.models import Genome, SearchRun

UP, DOWN, MOST = 12, 3, 120


def run_family(run: SearchRun, number: int) -> Family | None:
    """Ancestors and descendants of a birth, the nearest ``MOST``; None where it was never born. One query."""
    columns = ("number", "parent_numbers", "operator", "changes", "fitness", "told_at_job", "failure_code")
    births, scores = [], []
    for birth, parents, operator, changes, fitness, told, _ in Genome.objects.filter(run=run).values_list(
        *columns
    ):
        steps = tuple(Change(**change) for change in loads(changes))
        births.append(BirthRow(birth, tuple(loads(parents)), operator, steps))
        if told is not None:
            scores.append(ScoreRow(birth, told, told, fitness))
    try:
        return family(history(births=births, scores=scores), number, up=UP, down=DOWN, most=MOST)
    except KeyError:
        return None
