"""What evaluations in work have found so far: shown while they run, never told to a search."""

from __future__ import annotations

from django.db.models import QuerySet

from searchengine.core.jsontext import loads
from searchengine.report.history import FoundRow
from webapp.searches.models import Evaluation, SearchRun

Stamp = tuple[tuple[int, int | None], ...]
"""(job, step) of all there are: it changes with them."""


def found_stamp(run: SearchRun) -> Stamp:
    """One query by an index of evaluations in work; none for a run that has ended."""
    return () if run.ended else tuple(_rows(run).values_list("number", "found_step"))


def found_rows(run: SearchRun) -> list[FoundRow]:
    """One query by the same index; none for a run that has ended."""
    if run.ended:
        return []
    columns = ("number", "kind", "subjects", "found_step", "progress_of", "found", "phase")
    return [
        FoundRow(number, kind, tuple(subjects), step, of, loads(found), phase)
        for number, kind, subjects, step, of, found, phase in _rows(run).values_list(*columns)
    ]


def _rows(run: SearchRun) -> QuerySet[Evaluation]:
    return Evaluation.objects.filter(run=run, found_step__isnull=False).order_by("number")
