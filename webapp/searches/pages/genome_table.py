"""All births of a run as a table, paged by key and never by offset."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import F, Q

from webapp.searches.models import Genome, SearchRun
from webapp.searches.pages.phrases import phrase_tail

PAGE = 50
SORTS = {
    "fitness": "fitness, best first",
    "number": "newest first",
    "parameters": "smallest first",
    "flops": "cheapest first",
}


class TableRow(NamedTuple):
    birth: Genome
    tail: str


class GenomeTable(NamedTuple):
    """``onward`` is where the next page begins, empty at the end."""

    rows: tuple[TableRow, ...]
    sort: str
    sorts: dict[str, str]
    onward: str


def genome_table(run: SearchRun, sort: str, begin: str) -> GenomeTable:
    """One page of births; one query by an index. ``begin`` is the key (value and number) after which it
    begins."""
    rows = Genome.objects.filter(run=run).defer("genome", "score")
    after = _key(begin)
    if sort == "number":
        rows = rows.order_by("-number")
        if after:
            rows = rows.filter(number__lt=after[1])
    elif sort == "fitness":
        rows = rows.order_by(F("fitness").desc(nulls_last=True), "number")
        if after and after[0] is None:
            rows = rows.filter(fitness__isnull=True, number__gt=after[1])
        elif after:
            less = (
                Q(fitness__lt=after[0]) | Q(fitness=after[0], number__gt=after[1]) | Q(fitness__isnull=True)
            )
            rows = rows.filter(less)
    else:
        rows = rows.order_by(F(sort).asc(nulls_last=True), "number")
        if after and after[0] is None:
            rows = rows.filter(**{f"{sort}__isnull": True}, number__gt=after[1])
        elif after:
            more = Q(**{f"{sort}__gt": after[0]}) | Q(**{sort: after[0]}, number__gt=after[1])
            rows = rows.filter(more | Q(**{f"{sort}__isnull": True}))
    found = list(rows[: PAGE + 1])
    onward = ""
    if len(found) > PAGE:
        last = found[PAGE - 1]
        value = None if sort == "number" else getattr(last, sort)
        onward = f"{'' if value is None else repr(value)}~{last.number}"
    return GenomeTable(
        tuple(TableRow(birth, phrase_tail(birth)) for birth in found[:PAGE]), sort, SORTS, onward
    )


def _key(text: str) -> tuple[float | None, int] | None:
    value, _, number = text.rpartition("~")
    if not number.isdecimal() or len(number) > 9:
        return None
    try:
        return (float(value) if value else None), int(number)
    except ValueError:
        return None
