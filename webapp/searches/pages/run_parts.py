"""The parts of a run page that change while it runs: feed, training, population, workers, failures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Min
from django.utils.safestring import SafeString

from searchengine.core.jsontext import loads
from searchengine.report.curves import birth_phrase
from searchengine.report.history import RunHistory, history
from searchengine.report.lanes import Lane, lanes
from searchengine.report.population import strip
from webapp.plots.lane_drawing import lane_drawing
from webapp.plots.strip_drawing import strip_drawing
from webapp.searches.models import Evaluation, Event, Genome, Score, SearchRun, Worker
from webapp.searches.pages.history import WORK_FIELDS, work_rows
from webapp.searches.states import EvaluationState

FEED = 14
LANE_SECONDS = 120.0
STRIP_LIVES = 400


class FeedRow(NamedTuple):
    """A birth as the feed tells it; ``tail`` is how it came to be, after its number. ``share`` is how much
    of its training is done (0 to 100), None when it does not train; ``gain`` is its fitness minus its first
    parent's."""

    number: int
    job: int | None
    tail: str
    steps: tuple[str, ...]
    state: str
    step: int
    of: int
    share: int | None
    fitness: float | None
    gain: float | None
    failure: str
    living: bool
    best: bool


class FailureRow(NamedTuple):
    """Births that failed for one cause."""

    kind: str
    code: str
    times: int
    example: str
    first: int | None


class LaneRow(NamedTuple):
    """A worker slot: what it did lately and what it does now."""

    name: str
    drawing: SafeString
    now: str
    lost: bool


class WorkerLanes(NamedTuple):
    """``slots`` are all slots of living workers, ``waiting`` how many evaluations of the run wait for one;
    ``lost`` names workers out of touch."""

    lanes: tuple[LaneRow, ...]
    slots: int
    waiting: int
    lost: tuple[str, ...]
    seconds: float


def waiting_births(run: SearchRun) -> int:
    """How many births wait for a worker; one query."""
    return Evaluation.objects.filter(run=run, state=EvaluationState.WAITING, phase="search").count()


def feed(run: SearchRun, count: int = FEED) -> tuple[FeedRow, ...]:
    """The newest births that are trained or were, newest first; four queries. Those that wait are only
    counted."""
    waiting = Evaluation.objects.filter(run=run, state=EvaluationState.WAITING, phase="search")
    numbers = [number for subjects in waiting.values_list("subjects", flat=True) for number in subjects]
    births = list(Genome.objects.filter(run=run).exclude(number__in=numbers).order_by("-number")[:count])
    numbers = [birth.number for birth in births]
    jobs: dict[int, Evaluation] = {}
    recent = Evaluation.objects.filter(run=run, subjects__overlap=numbers).defer("job", "result", "curve")
    for row in recent.order_by("-number"):
        for subject in row.subjects:
            jobs[subject] = row
    parents = {birth.number: tuple(loads(birth.parent_numbers)) for birth in births}
    wanted = {found[0] for found in parents.values() if found}
    fitness = dict(Genome.objects.filter(run=run, number__in=wanted).values_list("number", "fitness"))
    rows = []
    for birth in births:
        job = jobs.get(birth.number)
        steps = tuple(change["text"] for change in birth.changes_json)
        before = fitness.get(parents[birth.number][0]) if parents[birth.number] else None
        gain = birth.fitness - before if birth.fitness is not None and before is not None else None
        short = [*steps[:2], f"{len(steps) - 2} more"] if len(steps) > 2 else list(steps)
        training = job is not None and job.state == EvaluationState.LEASED and job.started is not None
        share = (
            round(100 * job.progress_step / job.progress_of) if job and training and job.progress_of else None
        )
        rows.append(
            FeedRow(
                number=birth.number,
                job=job.number if job else None,
                tail=birth_phrase(birth.number, parents[birth.number], short, birth.operator).removeprefix(
                    f"#{birth.number}"
                ),
                steps=steps,
                state=_feed_state(birth, job),
                step=job.progress_step if job else 0,
                of=job.progress_of if job else 0,
                share=share if share is not None or not training else 0,
                fitness=birth.fitness,
                gain=gain,
                failure=birth.failure_code.replace("_", " "),
                living=birth.entered_at_job is not None and not birth.left_reason,
                best=run.best_genome == birth.number,
            )
        )
    return tuple(rows)


def _feed_state(birth: Genome, job: Evaluation | None) -> str:
    if birth.failure_code:
        return "failed"
    if birth.told_at_job is not None:
        return "told again" if job is not None and job.reuse_of is not None else "told"
    if job is None:
        return "born"
    if job.state == EvaluationState.LEASED and job.started is not None:
        return "training"
    if job.state == EvaluationState.FINISHED:
        return "waits for its turn"
    return "cancelled" if job.state == EvaluationState.CANCELLED else "waits for a worker"


def population_strip(run: SearchRun, small: RunHistory, address: str) -> SafeString | None:
    """Births and deaths as bars, the newest ``STRIP_LIVES``; None before anyone lives. No query."""
    whole = strip(small)
    if not whole.lives:
        return None
    lives = whole.lives[-STRIP_LIVES:]
    return strip_drawing(whole._replace(lives=lives), link=lambda number: f"{address}genomes/{number}/")


def failure_rows(run: SearchRun) -> tuple[FailureRow, ...]:
    """Failures by cause, most frequent first; three queries at most."""
    groups = (
        Score.objects.filter(evaluation__run=run)
        .exclude(failure_class="")
        .values("failure_class", "failure_code")
        .annotate(count=Count("id"), first=Min("id"))
        .order_by("-count")
    )
    found = list(groups)
    examples = {
        score.pk: score
        for score in Score.objects.filter(pk__in=[row["first"] for row in found]).select_related("genome")
    }
    rows = [
        FailureRow(
            row["failure_class"].replace("_", " "), row["failure_code"].replace("_", " "), row["count"],
            examples[row["first"]].failure_reason, examples[row["first"]].genome.number,
        )
        for row in found
    ]  # fmt: skip
    refused = Event.objects.filter(run=run, kind="refused")
    count = refused.count()
    if count:
        newest = refused.order_by("-seq").first()
        reason = newest.payload_json["reason"] if newest else ""
        rows.append(FailureRow("refused before training", "infeasible", count, reason, None))
    return tuple(rows)


def worker_lanes(run: SearchRun, now: datetime) -> WorkerLanes:
    """What every slot did for this run in the last two minutes; four queries."""
    since = now - timedelta(seconds=LANE_SECONDS)
    mine = Evaluation.objects.filter(run=run, started__isnull=False)
    recent = list(
        (mine.filter(finished__gte=since) | mine.filter(state=EvaluationState.LEASED))
        .select_related("worker")
        .only(*WORK_FIELDS, "worker__name", "run_id")
    )
    workers = list(Worker.objects.filter(stopped__isnull=True))
    lost = tuple(worker.name for worker in workers if worker.gone is not None)
    at = (now - run.started).total_seconds() if run.started else 0.0
    drawn = lanes(history(work=work_rows(run, recent)), at, LANE_SECONDS)
    by_name = {lane.name: lane for lane in drawn.lanes}
    for worker in workers:
        if worker.gone is None:
            for slot in range(worker.slots):
                name = f"{worker.name} · slot {slot + 1}"
                by_name.setdefault(name, Lane(name, (), 0.0))
    rows = []
    for name in sorted(by_name):
        lane = by_name[name]
        running = [bar for bar in lane.bars if bar.open]
        births = ", ".join(f"#{birth}" for bar in running for birth in bar.births[:3])
        gone = any(name.startswith(f"{one} ·") for one in lost)
        words = "lost contact" if gone else f"trains {births}" if births else "idle"
        rows.append(LaneRow(name, lane_drawing(lane, drawn.start, drawn.end), words, gone))
    waiting = Evaluation.objects.filter(run=run, state=EvaluationState.WAITING).count()
    slots = sum(worker.slots for worker in workers if worker.gone is None)
    return WorkerLanes(tuple(rows), slots, waiting, lost, min(LANE_SECONDS, at))
