"""Runs that waited for their data start when it is ready."""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Now

from searchengine.core.errors import InvalidParams
from webapp.datasets.models import DatasetState
from webapp.searches.models import SearchRun
from webapp.searches.services.change_state import change_state
from webapp.searches.services.launch import Launch, plan_of, start
from webapp.searches.states import State

UNUSABLE = [DatasetState.FAILED, DatasetState.CANCELLED]


def drafts_to_start() -> QuerySet[SearchRun]:
    """Drafts whose data is ready, or will never be."""
    return SearchRun.objects.filter(
        state=State.DRAFT, held="data", dataset__state__in=[DatasetState.READY, *UNUSABLE]
    ).select_related("dataset", "team")


def start_drafts() -> None:
    """Start them; one that cannot run fails in words."""
    for run in drafts_to_start():
        wanted = Launch.of_run(run)
        if run.dataset.state != DatasetState.READY:
            _fail(run, f"its data set could not be prepared: {run.dataset.error or run.dataset.state}")
            continue
        try:
            plan = plan_of(wanted, run.dataset)
        except InvalidParams as wrong:
            _fail(run, str(wrong))
            continue
        start(run, wanted, plan, actor=run.created_by)


def _fail(run: SearchRun, reason: str) -> None:
    change_state(
        run_id=run.pk,
        actor=None,
        action="fail",
        target=State.FAILED,
        only_from=frozenset({State.DRAFT}),
        reason=reason,
        error=reason,
        held="",
        finished=Now(),
    )
