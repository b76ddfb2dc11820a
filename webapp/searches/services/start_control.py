"""A control starts when the run it stands beside has ended: only then is the equal cost known."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from searchengine import driver
from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import loads
from searchengine.driver.control import control_plan
from searchengine.jobs.store import DamagedArtifact, MissingArtifact
from webapp.accounts.services.audit import record
from webapp.searches.documents import documents
from webapp.searches.models import SearchRun
from webapp.searches.services.change_state import change_state
from webapp.searches.services.queue_run import queue_run
from webapp.searches.states import ENDED, State


def controls_to_start() -> QuerySet[SearchRun]:
    """Drafts whose run has ended. Queries when iterated."""
    return SearchRun.objects.filter(
        state=State.DRAFT, held="control", control_of__state__in=ENDED, control_of__isnull=False
    ).select_related("control_of", "dataset", "team")


@transaction.atomic
def start_control(control: SearchRun) -> None:
    """Queue it with the cost its run spent in the search phase; cancel it when that run found nothing."""
    run = control.control_of
    assert run is not None
    if run.state != State.FINISHED:
        _cancel(control, f"the run it was to stand beside is {run.state}")
        return
    cost = float(run.progress_json.get("cost") or 0.0)
    try:
        plan = control_plan(
            driver.Plan.from_json(loads(run.plan)),
            control=control.method,
            cost=cost or None,
            documents=documents(run),
        )
    except (InvalidParams, MissingArtifact, DamagedArtifact) as error:
        # What a run measured may leave nothing to search: then it found nothing either.
        _cancel(control, str(error))
        return
    if queue_run(control, plan):
        SearchRun.objects.filter(pk=control.pk).update(evaluations_planned=run.evaluations_done)
        record(
            team_id=control.team_id,
            actor=None,
            action="launch",
            kind="run",
            object_id=control.pk,
            detail={"control_of": run.pk, "cost": cost},
        )


def _cancel(control: SearchRun, reason: str) -> None:
    change_state(
        run_id=control.pk,
        actor=None,
        action="cancel",
        target=State.CANCELLED,
        only_from=frozenset({State.DRAFT}),
        reason=reason,
        finished=Now(),
    )
