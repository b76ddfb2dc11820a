"""Files go an hour after the search let go of them; what is starred, shared or in a snapshot is seen to."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db.models.functions import Now

from searchengine.core.jobs import Job, Result
from searchengine.jobs.store import Store
from searchengine.testing import rehearsal
from tests.web.searches.worker_stand_in import finish
from webapp.searches.models import Artifact, Genome, SearchRun, Snapshot
from webapp.searches.steps import step_run
from webapp.searches.tidy import STALE, tidy

pytestmark = pytest.mark.django_db(transaction=True)


def with_weights(job: Job) -> Result:
    """A result whose weights are really in the store."""
    result = rehearsal.hashed(job)
    return Result(
        job.number, result.scores, artifacts={"weights": Store(settings.STORE).put(b"%d" % job.seed)}
    )


def test_what_nobody_needs_goes_after_an_hour(launched: Callable[..., SearchRun]) -> None:
    run = launched(evaluations=12, finalists=2)
    step_run(run.pk)
    while finish(run, with_weights):
        step_run(run.pk)
    store = Store(settings.STORE)
    unneeded = list(Artifact.objects.filter(run=run, needed=False).values_list("sha256", flat=True))
    needed = list(Artifact.objects.filter(run=run, needed=True).values_list("sha256", flat=True))
    assert unneeded
    assert needed
    tidy()
    assert all(store.has(sha) for sha in unneeded)
    kept = Artifact.objects.select_related("evaluation").get(run=run, sha256=unneeded[0])
    assert kept.evaluation is not None
    Genome.objects.filter(run=run, number__in=kept.evaluation.subjects).update(starred=True)
    Snapshot.objects.create(
        run=run, name="old", seq=0, births=1, jobs=1, state="{}", artifacts=f'["{unneeded[1]}"]'
    )
    Artifact.objects.filter(run=run, needed=False).update(unneeded_since=Now() - datetime.timedelta(hours=2))
    tidy()
    assert store.has(unneeded[0])
    assert not any(store.has(sha) for sha in unneeded[1:])
    assert all(store.has(sha) for sha in needed)
    assert Snapshot.objects.get(run=run, name="old").stale == STALE
