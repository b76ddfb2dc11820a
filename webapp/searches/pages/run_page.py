"""A run as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db.models import Count
from django.utils.html import format_html
from django.utils.safestring import SafeString

from searchengine.core.errors import EngineError
from searchengine.core.jsontext import loads
from searchengine.report.comparison import Comparison, compare
from searchengine.report.history import RunHistory
from webapp.accounts.permissions import Person, role_in
from webapp.accounts.roles import Role
from webapp.plots.line_drawing import Line, best_label, line_drawing
from webapp.plots.metric_words import metric_name, metric_value
from webapp.plots.network_drawing import network_drawing
from webapp.searches.documents import document_names
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.pages.chart import skeleton
from webapp.searches.pages.front import Front, front
from webapp.searches.pages.history import cost_history
from webapp.searches.pages.home import best_curves
from webapp.searches.pages.methods import method_title
from webapp.searches.pages.networks import data_of, drawing
from webapp.searches.pages.newest_child import NewestChild, newest_child
from webapp.searches.pages.phrases import phrase_tail
from webapp.searches.pages.pictures import PictureView, birth_picture, picture_maker
from webapp.searches.pages.repeated_pairs import repeated_pairs
from webapp.searches.pages.run_parts import (
    FailureRow,
    FeedRow,
    WorkerLanes,
    failure_rows,
    feed,
    population_strip,
    waiting_births,
    worker_lanes,
)
from webapp.searches.pages.state_words import StateWords, state_words
from webapp.searches.pages.verbs import Verb, verbs
from webapp.searches.states import EvaluationState


class NetworkView(NamedTuple):
    """A birth with the picture its method draws, else with its layers; ``tail`` is how it came to be, after
    its number, and ``quality`` its metric in words, empty while there is none."""

    number: int
    tail: str
    fitness: float | None
    quality: str
    parameters: int | None
    flops: int | None
    svg: SafeString
    picture: PictureView | None


class RunPage(NamedTuple):
    """Everything the page and its parts show; ``small`` is what the chart needs too, read once for both.
    ``pictured`` says that the method draws a picture of its own, which the page then gives its full
    width. ``documents`` can be taken away: their names, and these in words."""

    run: SearchRun
    small: RunHistory
    control: SearchRun | None
    method_title: str
    state: StateWords
    clock: tuple[str, str]
    documents: tuple[tuple[str, str], ...]
    verbs: Sequence[Verb]
    drawing: SafeString
    feed: tuple[FeedRow, ...]
    waiting_births: int
    strip: SafeString | None
    living: int
    deaths: int
    deaths_words: str
    workers: WorkerLanes
    failures: tuple[FailureRow, ...]
    best: NetworkView | None
    pictured: bool
    child: NewestChild | None
    front: Front | None
    comparison: Comparison | None
    error_head: str
    error_trace: str


def run_page(
    user: Person,
    run: SearchRun,
    address: str,
    now: datetime,
    *,
    best: bool = True,
    live: bool = False,
    child: str | None = "",
) -> RunPage:
    """The page of ``run``, whose address is ``address``. About twenty queries, none in proportion to births
    but the strip's one, and eleven more where the method draws a picture; with a control, its and the run's
    results besides. ``best=False`` leaves the best network out; ``live`` the curve's drawing, which a page
    whose script runs no longer shows. ``child`` is the stamp of the newest child's drawing that a page has;
    None leaves the child out."""
    control = run.controls.order_by("-id").first()
    small = skeleton(run)
    working = Evaluation.objects.filter(run=run, state=EvaluationState.LEASED, started__isnull=False).count()
    reasons = _deaths(run)
    head, _, trace = run.error.partition("\n")
    maker = picture_maker(run)
    return RunPage(
        run=run,
        small=small,
        control=control,
        method_title=method_title(run.method),
        state=state_words(run, now, working),
        clock=_clock(run),
        documents=tuple((name, name.replace("_", " ")) for name in document_names(run)),
        verbs=verbs(run.state) if _may_act(user, run) else (),
        drawing=SafeString() if live else _curve(run, control, small),
        feed=feed(run),
        waiting_births=waiting_births(run),
        strip=population_strip(run, small, address),
        living=len(small.entered) - len(small.deaths),
        deaths=sum(reasons.values()),
        deaths_words=", ".join(f"{count} {reason}" for reason, count in reasons.items()),
        workers=worker_lanes(run, now),
        failures=failure_rows(run),
        best=network_view(run, run.best_genome) if best and run.best_genome is not None else None,
        pictured=maker is not None,
        child=newest_child(run, maker, child) if maker is not None and child is not None else None,
        front=front(run),
        comparison=comparison(run, control) if control else None,
        error_head=head,
        error_trace=trace.strip(),
    )


def _curve(run: SearchRun, control: SearchRun | None, small: RunHistory) -> SafeString:
    """Best so far of the run and its control, and every birth as a point, for a page without scripts."""
    curves = best_curves([run.pk, *([control.pk] if control else [])])
    beside = curves[control.pk] if control else None
    lines = [Line(beside, "control", steps=True)] if beside else []
    told = enumerate(small.scores, start=1)
    points = [(float(at), row.fitness) for at, row in told if row.fitness is not None]
    return line_drawing(
        [*lines, Line(curves[run.pk], "run", steps=True)],
        label=best_label(curves[run.pk], beside),
        width=720,
        height=320,
        points=points[-1500:],
    )


def network_view(run: SearchRun, number: int, name: str = "best") -> NetworkView | None:
    """A birth with its drawing, whose parts are named after ``name`` on the page; None where there is no such
    birth. One query, three where its method draws a picture."""
    birth = Genome.objects.filter(run=run, number=number).first()
    if birth is None:
        return None
    picture = birth_picture(run, birth, name)
    return NetworkView(
        number=number,
        tail=phrase_tail(birth),
        fitness=birth.fitness,
        quality=_quality(run, birth),
        parameters=birth.parameters,
        flops=birth.flops,
        svg=SafeString() if picture else _layers(run, birth, f"{name}-network"),
        picture=picture,
    )


def _layers(run: SearchRun, birth: Genome, ident: str) -> SafeString:
    try:
        return network_drawing(drawing(run, birth), f"Network #{birth.number}", ident)
    except EngineError as error:
        return format_html('<p class="note">{}</p>', str(error))


def _quality(run: SearchRun, birth: Genome) -> str:
    """What the data set judges a network by: ``accuracy 93.1 %``, ``mAP 0.612``."""
    metric = data_of(run).metric
    value = loads(birth.score)["metrics"].get(metric) if birth.score else None
    return f"{metric_name(metric)} {metric_value(metric, value)}" if value is not None else ""


def comparison(run: SearchRun, control: SearchRun) -> Comparison:
    """The run against its control at equal cost, with every pair that a person repeated under another seed;
    the draws of its bootstrap are the same at every look."""
    pairs = [(run, control), *repeated_pairs(run)]
    histories = [(cost_history(ours), cost_history(theirs)) for ours, theirs in pairs]
    return compare(histories, np.random.default_rng(run.pk))


def _clock(run: SearchRun) -> tuple[str, str]:
    progress = run.progress_json
    for name in ("generation", "round", "cycle"):
        if name in progress:
            of = progress.get("of")
            return name, f"{progress[name]} of {of}" if of else str(progress[name])
    return "evaluations", str(run.evaluations_done)


def _deaths(run: SearchRun) -> dict[str, int]:
    rows = (
        Genome.objects.filter(run=run)
        .exclude(left_reason="")
        .values("left_reason")
        .annotate(count=Count("id"))
        .order_by("left_reason")
    )
    return {row["left_reason"]: row["count"] for row in rows}


def _may_act(user: Person, run: SearchRun) -> bool:
    role = role_in(user, run.team_id)
    return role is not None and role.includes(Role.RESEARCHER)
