"""Results written as a supervisor writes them, without a training process: scores come from a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models.functions import Now

from searchengine.core.jobs import Job, Result
from searchengine.core.jsontext import dumps
from webapp.searches.models import Evaluation, SearchRun
from webapp.searches.states import EvaluationState


def finish(
    run: SearchRun, evaluator: Callable[[Job], Result], numbers: Iterable[int] | None = None
) -> list[int]:
    """Finish the run's waiting evaluations, or those with ``numbers``; returns which."""
    rows = Evaluation.objects.filter(run=run, state=EvaluationState.WAITING).order_by("number")
    if numbers is not None:
        rows = rows.filter(number__in=list(numbers))
    done = []
    for row in rows:
        result = evaluator(row.engine_job())
        Evaluation.objects.filter(pk=row.pk).update(
            state=EvaluationState.FINISHED,
            result=dumps(result.to_json()),
            finished=Now(),
            seconds=result.seconds,
        )
        done.append(row.number)
    return done
