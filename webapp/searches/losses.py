"""Evaluations that were lost too often: given up, as a failure of class lost that the search is told."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from searchengine.core.jobs import Failure, Result, Score
from searchengine.core.jsontext import dumps
from webapp.searches.models import Evaluation
from webapp.searches.states import EvaluationState

MOST_LOSSES = 5
"""Losses with nothing new checkpointed after which an evaluation is given up."""


@transaction.atomic
def give_up() -> list[int]:
    """Finish every waiting evaluation that was lost too often; returns the runs that have something to be
    told."""
    rows = Evaluation.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state=EvaluationState.WAITING, lost__gte=MOST_LOSSES
    )
    runs = set()
    for row in rows:
        last = row.trouble or "no reason known"
        reason = f"lost {row.lost} times without getting further; the last time: {last}"
        failure = Failure("lost", "lost", reason)
        result = Result(job=row.number, scores={subject: Score(failure=failure) for subject in row.subjects})
        Evaluation.objects.filter(pk=row.pk, state=EvaluationState.WAITING).update(
            state=EvaluationState.FINISHED, result=dumps(result.to_json()), finished=Now()
        )
        runs.add(row.run_id)
    return sorted(runs)
