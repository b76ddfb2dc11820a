"""The newest network of a run as it trains: a child drawn against its parent, which shows what the last
mutation did; a founder alone."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from searchengine.report.picture import PictureMaker
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.pages.found import found_stamp
from webapp.searches.pages.networks import data_of
from webapp.searches.pages.phrases import phrase_tail
from webapp.searches.pages.pictures import PictureView, first_parent, view
from webapp.searches.pages.portraits import UNTOLD, portraits
from webapp.searches.states import EvaluationState

LATELY = 200
"""Among so many newest births one whose training has begun is looked for."""


class NewestChild(NamedTuple):
    """``tail`` is how it came to be, after its number; ``parent`` is None for a founder; ``share`` is how
    much of its training is done (0 to 100), None when it does not train. ``stamp`` changes with whatever is
    drawn; ``picture`` is None where the page has that very drawing."""

    number: int
    tail: str
    parent: int | None
    fitness: float | None
    gain: float | None
    share: int | None
    failed: bool
    stamp: str
    picture: PictureView | None


def newest_child(run: SearchRun, maker: PictureMaker, known: str = "") -> NewestChild | None:
    """The newest birth whose training has begun, or before any has, the newest that waits. Eight queries at
    most; ``known`` is the stamp of the drawing that the page shows."""
    birth = _newest(run)
    if birth is None:
        return None
    parent = first_parent(run, birth)
    state, step, of, started = _job(run, birth)
    training = state == EvaluationState.LEASED and started is not None
    found = "-".join(f"{job}at{at}" for job, at in found_stamp(run))
    stamp = f"{birth.number}-{state}-{step}-{'' if birth.told_at_job is None else birth.told_at_job}-{found}"
    picture = None
    if stamp != known:
        drawn = portraits(run, [birth, *([parent] if parent else [])])
        before = drawn[parent.number] if parent else None
        picture = view(maker, data_of(run), drawn[birth.number], before, "child")
    return NewestChild(
        number=birth.number,
        tail=phrase_tail(birth),
        parent=parent.number if parent else None,
        fitness=birth.fitness,
        gain=birth.fitness - parent.fitness
        if birth.fitness is not None and parent is not None and parent.fitness is not None
        else None,
        share=round(100 * step / of) if training and of else 0 if training else None,
        failed=bool(birth.failure_code),
        stamp=stamp,
        picture=picture,
    )


def _job(run: SearchRun, birth: Genome) -> tuple[str, int, int, datetime | None]:
    """State, steps done and to do, and start of the birth's evaluation: the one that was told, or will be."""
    rows = Evaluation.objects.filter(run=run)
    if birth.told_at_job is not None:
        rows = rows.filter(number=birth.told_at_job)
    else:
        rows = rows.filter(state__in=UNTOLD, phase="search", subjects__contains=[birth.number])
    columns = rows.order_by("number").values_list("state", "progress_step", "progress_of", "started")
    return columns.first() or ("", 0, 0, None)


def _newest(run: SearchRun) -> Genome | None:
    rows = Genome.objects.filter(run=run).order_by("-number")
    numbers = list(rows.values_list("number", flat=True)[:LATELY])
    if not numbers:
        return None
    waiting = Evaluation.objects.filter(run=run, state=EvaluationState.WAITING, phase="search")
    waits = {number for subjects in waiting.values_list("subjects", flat=True) for number in subjects}
    chosen = next((number for number in numbers if number not in waits), numbers[0])
    return Genome.objects.get(run=run, number=chosen)
