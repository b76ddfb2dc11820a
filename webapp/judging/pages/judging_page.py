"""The test part of a run's data set: what may be judged, what was, and how often it was opened."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import loads
from searchengine.core.setting import DataSummary
from searchengine.report.intervals import wilson
from webapp.exports.pages.export_page import Candidate, new_export
from webapp.judging.models import Judgement, JudgementState
from webapp.judging.selectors.looks import looks
from webapp.plots.metric_words import SHARES, metric_name, metric_value
from webapp.searches.models import SearchRun
from webapp.searches.pages.networks import data_of


class JudgementRow(NamedTuple):
    """``validation`` is what the same networks reached where they were chosen, in the words of ``value``; the
    interval is of the test accuracy, by its samples. Other metrics are no share of samples and have none."""

    judgement: Judgement
    title: str
    value: str
    interval: tuple[float, float] | None
    validation: str
    moving: bool


class JudgingPage(NamedTuple):
    """``data`` is None while a draft waits for it. ``metric`` names what networks are judged by on this data,
    a share of samples or not. ``looks`` of the team at this test part so far; ``next_look`` is what one more
    would be."""

    run: SearchRun
    data: DataSummary | None
    metric: str
    is_share: bool
    outcome: str
    candidates: tuple[Candidate, ...]
    rows: tuple[JudgementRow, ...]
    looks: int
    next_look: int
    moving: bool
    may_judge: bool


def judging_page(run: SearchRun, *, may_judge: bool) -> JudgingPage:
    """About eight queries."""
    try:
        data = data_of(run)
    except DataRefused:  # a draft that waits for its data set
        data = None
    metric = data.metric if data else "accuracy"
    offered = new_export(run, None)
    found = Judgement.objects.filter(run=run).select_related("genome", "created_by").order_by("-id")[:50]
    rows = tuple(_row(run, judgement, metric) for judgement in found)
    opened = looks(run.team_id, data.fingerprint) if data else 0
    return JudgingPage(
        run=run,
        data=data,
        metric=metric_name(metric),
        is_share=metric in SHARES,
        outcome=offered.outcome,
        candidates=offered.candidates,
        rows=rows,
        looks=opened,
        next_look=opened + 1,
        moving=any(row.moving for row in rows),
        may_judge=may_judge and run.ended,
    )


def _row(run: SearchRun, judgement: Judgement, metric: str) -> JudgementRow:
    value = judgement.metrics_json.get(metric)
    samples = judgement.samples
    return JudgementRow(
        judgement=judgement,
        title=_title(run, judgement),
        value=metric_value(metric, value, 2),
        interval=wilson(value, samples) if metric in SHARES and value is not None and samples else None,
        validation=metric_value(metric, _validation(run, judgement, metric), 2),
        moving=judgement.state in (JudgementState.WAITING, JudgementState.JUDGING),
    )


def _title(run: SearchRun, judgement: Judgement) -> str:
    if not judgement.whole:
        return f"Network #{judgement.genome.number}" if judgement.genome else "A network that is gone"
    births = ", ".join(f"#{birth}" for birth, _ in loads(judgement.members))
    return f"What the search found ({births})"


def _validation(run: SearchRun, judgement: Judgement, metric: str) -> float | None:
    if judgement.whole:
        value = ((run.outcome_json or {}).get("metrics") or {}).get(metric)
    else:
        genome = judgement.genome
        value = loads(genome.score)["metrics"].get(metric) if genome and genome.score else None
    return float(value) if value is not None else None
