"""A birth as its page shows it: network, what changed, training, family."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.safestring import SafeString

from searchengine.core.errors import EngineError
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.report.difference_drawing import DifferenceDrawing, draw_difference
from searchengine.report.series import Curve, thin_curve
from webapp.plots.line_drawing import Line, line_drawing
from webapp.plots.metric_words import SHARES, SHORT, metric_value
from webapp.plots.network_drawing import network_drawing
from webapp.plots.scale import fitness
from webapp.plots.scale import number as short
from webapp.searches.models import Evaluation, Genome, Score, SearchRun
from webapp.searches.pages.networks import architecture, drawing, unplotted
from webapp.searches.pages.pictures import BirthPictures, birth_pictures
from webapp.searches.pages.source import source_text
from webapp.searches.states import EvaluationState

MOST_CHILDREN = 60


class CurveView(NamedTuple):
    """One metric of one training: drawing, lowest and highest value in words."""

    metric: str
    svg: SafeString
    low: str
    high: str
    steps: int


class Training(NamedTuple):
    """One evaluation of the birth: what it cost, what came out, its curves so far."""

    job: int
    kind: str
    phase: str
    state: str
    share: int | None
    metrics: tuple[tuple[str, str], ...]
    failure: str
    seconds: float
    attempt: int
    reuse_of: int | None
    curves: tuple[CurveView, ...]


class Step(NamedTuple):
    """A step on the line of first parents; ``text`` is what changed."""

    number: int
    text: str
    fitness: float | None
    gain: float | None


class DifferenceView(NamedTuple):
    """What changed from the first parent, drawn and listed."""

    parent: int
    found: DifferenceDrawing
    svg: SafeString


class GenomePage(NamedTuple):
    """``trouble`` says why nothing can be drawn (its method is gone), empty otherwise; ``moving`` whether its
    trainings may still change."""

    run: SearchRun
    birth: Genome
    changes: tuple[str, ...]
    parents: tuple[int, ...]
    children: tuple[Genome, ...]
    line: tuple[Step, ...]
    svg: SafeString | None
    layers: tuple[str, ...]
    boxes: int
    parameters: int | None
    flops: int | None
    difference: DifferenceView | None
    pictures: BirthPictures | None
    trainings: tuple[Training, ...]
    source: str
    genome_json: str
    trouble: str
    fate: str
    moving: bool


class GenomeNews(NamedTuple):
    """What changes on a birth's page while its run goes on; of the page these are named alike."""

    run: SearchRun
    birth: Genome
    pictures: BirthPictures | None
    trainings: tuple[Training, ...]
    fate: str
    fitness: float | None


def genome_news(run: SearchRun, birth: Genome) -> GenomeNews:
    """Two queries, four where the method draws a picture."""
    pictures = birth_pictures(run, birth)
    return GenomeNews(run, birth, pictures, _trainings(run, birth), _fate(birth), birth.fitness)


def genome_page(run: SearchRun, birth: Genome) -> GenomePage:
    """The page of one birth; eight queries, ten where the method draws a picture, and one of them in
    proportion to the births before it."""
    parents = tuple(loads(birth.parent_numbers))
    page = GenomePage(
        run=run,
        birth=birth,
        changes=tuple(change["text"] for change in birth.changes_json),
        parents=parents,
        children=tuple(birth.children.order_by("number").distinct()[:MOST_CHILDREN]),
        line=_line(run, birth),
        svg=None,
        layers=(),
        boxes=0,
        parameters=birth.parameters,
        flops=birth.flops,
        difference=None,
        pictures=birth_pictures(run, birth),
        trainings=_trainings(run, birth),
        source="",
        genome_json=dumps(birth.genome_json),
        trouble="",
        fate=_fate(birth),
        moving=not run.ended,
    )
    try:
        network = architecture(run, birth)
        drawn = drawing(run, birth)
        source = source_text(run, birth)
    except (EngineError, ValueError) as error:
        return page._replace(trouble=str(error))
    return page._replace(
        svg=network_drawing(drawn, f"Network #{birth.number}"),
        layers=drawn.text_list(),
        boxes=len(drawn.nodes),
        parameters=network.parameters,
        flops=network.macs,
        difference=_difference(run, birth, parents[0]) if parents else None,
        source=source,
    )


def _difference(run: SearchRun, birth: Genome, parent_number: int) -> DifferenceView | None:
    parent = Genome.objects.filter(run=run, number=parent_number).first()
    if parent is None:
        return None
    try:
        found = draw_difference(architecture(run, parent), architecture(run, birth))
    except EngineError:
        return None
    title = f"What changed from #{parent_number} to #{birth.number}"
    return DifferenceView(parent_number, found, network_drawing(found.drawing, title, ident="difference"))


def _line(run: SearchRun, birth: Genome) -> tuple[Step, ...]:
    """The line of first parents, the founder first; one query."""
    columns = ("number", "parent_numbers", "fitness", "changes", "operator")
    rows = {
        row[0]: row for row in Genome.objects.filter(run=run, number__lte=birth.number).values_list(*columns)
    }
    steps: list[Step] = []
    at: int | None = birth.number
    while at is not None and at in rows:
        _, parents_text, fitness, changes, operator = rows.pop(at)
        parents = loads(parents_text)
        before = rows[parents[0]][2] if parents and parents[0] in rows else None
        gain = fitness - before if fitness is not None and before is not None else None
        words = ", ".join(change["text"] for change in loads(changes)) or operator
        steps.append(Step(at, words, fitness, gain))
        at = parents[0] if parents else None
    return tuple(reversed(steps))


def _trainings(run: SearchRun, birth: Genome) -> tuple[Training, ...]:
    rows = list(Evaluation.objects.filter(run=run, subjects__contains=[birth.number]).order_by("number"))
    scores = {score.evaluation_id: score for score in Score.objects.filter(evaluation__in=rows, genome=birth)}
    elsewhere = unplotted(run)
    found = []
    for row in rows:
        score = scores.get(row.pk)
        metrics: Json = score.metrics_json if score else {}
        running = row.state == EvaluationState.LEASED and row.started is not None
        found.append(
            Training(
                job=row.number,
                kind=row.kind.replace("_", " "),
                phase=row.phase,
                state="training" if running else row.get_state_display(),
                share=round(100 * row.progress_step / row.progress_of)
                if running and row.progress_of
                else None,
                metrics=tuple(
                    (name.replace("_", " "), _said(name, value)) for name, value in metrics.items()
                ),
                failure=score.failure_reason if score else "",
                seconds=row.seconds,
                attempt=row.attempt,
                reuse_of=row.reuse_of,
                curves=curve_views(row.curve_json, elsewhere),
            )
        )
    return tuple(found)


def curve_views(rows: list[Json], elsewhere: tuple[str, ...] = ()) -> tuple[CurveView, ...]:
    """One drawing a metric over training steps; none while fewer than two values are known, and none of those
    whose names begin as one of ``elsewhere``: dozens at times, which the method's picture draws."""
    columns: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name, value in row.items():
            if name in ("step", "of", "metrics") or name.startswith(elsewhere):
                continue
            if isinstance(value, int | float):
                columns.setdefault(name, []).append((float(row.get("step", len(columns))), float(value)))
        for name, value in (row.get("metrics") or {}).items():
            if name.startswith(elsewhere):
                continue
            columns.setdefault(name, []).append((float(row.get("step", 0)), float(value)))
    views = []
    for name, points in columns.items():
        if len(points) < 2:
            continue
        curve = thin_curve(Curve(name, tuple(x for x, _ in points), tuple(y for _, y in points)), 300)
        low, high = min(y for _, y in points), max(y for _, y in points)
        shown = name.replace("_", " ")
        words = f"{shown} over {points[-1][0]:.0f} steps, {points[0][1]:.4g} to {points[-1][1]:.4g}"
        svg = line_drawing([Line(curve, "run")], label=words, width=360, height=120)
        views.append(CurveView(shown, svg, _said(name, low), _said(name, high), int(points[-1][0])))
    return tuple(views)


def _said(name: str, value: float) -> str:
    if name == "fitness":
        return fitness(value)
    if name in SHARES or name in SHORT:
        return metric_value(name, value, 2)
    return (
        f"{value:,.0f}"
        if value == round(value) and abs(value) < 1e15
        else (short(value) if value >= 100 else f"{value:.4g}")
    )


def _fate(birth: Genome) -> str:
    if birth.failure_code:
        return "could not be trained"
    if birth.told_at_job is None:
        return "not scored yet"
    if birth.left_reason:
        return f"left the population when result {birth.left_at_job} was told: {birth.left_reason}"
    return "alive" if birth.entered_at_job is not None else "never entered the population"
