"""Files go an hour after the search let go of them; what is starred, shared or in a snapshot is seen to."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db.models.functions import Now

from searchengine.core.jobs import Job, Result
from searchengine.core.jsontext import dumps
from searchengine.jobs.store import Store
from searchengine.testing import rehearsal
from tests.web.searches.worker_stand_in import finish
from webapp.exports.models import Export
from webapp.searches.models import Artifact, Evaluation, Genome, SearchRun, Snapshot
from webapp.searches.states import EvaluationState
from webapp.searches.steps import step_run
from webapp.searches.tidy import STALE, tidy
from webapp.searches.unnamed_files import OLDEST_SECONDS, drop_unnamed

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


def test_files_that_no_row_names_go_after_two_days(launched: Callable[..., SearchRun]) -> None:
    run = launched(evaluations=12, finalists=2, window=4)
    step_run(run.pk)
    store = Store(settings.STORE)
    told, exported, untold, new, lost = (store.put(name) for name in (b"1", b"2", b"3", b"4", b"5"))
    Artifact.objects.create(run=run, sha256=told, name="weights")
    Export.objects.create(team=run.team, run=run, sha256=exported)
    result = Result(1, {}, artifacts={"weights": untold})
    Evaluation.objects.filter(run=run, number=1).update(
        state=EvaluationState.FINISHED, result=dumps(result.to_json())
    )
    long_ago = time.time() - OLDEST_SECONDS - 60
    for sha in (told, exported, untold, lost):
        os.utime(store.path(sha), (long_ago, long_ago))
    aside = settings.STORE / ".aside" / "cut-off"
    aside.write_bytes(b"half")
    os.utime(aside, (long_ago, long_ago))
    dropped = sum(
        drop_unnamed(folder) for folder in {store.path(sha).parent for sha in (told, exported, untold, lost)}
    )
    assert dropped == 1
    assert [store.has(sha) for sha in (told, exported, untold, new, lost)] == [True, True, True, True, False]
    assert drop_unnamed(settings.STORE / ".aside") == 1
    assert not aside.exists()
