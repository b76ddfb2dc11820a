"""Dropping what nobody needs: artifacts an hour after the search let go of them, workers long gone."""

from __future__ import annotations

import datetime
import shutil

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from searchengine.jobs.store import Store
from webapp.searches.models import Artifact, Evaluation, Genome, SearchRun, Snapshot, Worker
from webapp.searches.states import ENDED
from webapp.searches.supervisor.place import run_folder
from webapp.searches.unnamed_files import drop_unnamed_files

KEPT = datetime.timedelta(hours=1)
"""How long an artifact stays after the search no longer needs it."""

FORGOTTEN = datetime.timedelta(days=2)
"""How long a worker that is gone stays listed."""

STALE = "networks it needs are no longer stored"

AT_ONCE = 100


def tidy() -> None:
    """A bounded piece of the work a round."""
    _drop_artifacts()
    _drop_checkpoints()
    drop_unnamed_files()
    Worker.objects.filter(last_seen__lt=Now() - FORGOTTEN).delete()


def _drop_artifacts() -> None:
    """Drop files no row needs. A starred genome keeps what its evaluations made; an outcome keeps its
    members'."""
    elsewhere = Artifact.objects.filter(sha256=OuterRef("sha256"), needed=True)
    rows = Artifact.objects.filter(needed=False, dropped=None, unneeded_since__lt=Now() - KEPT).exclude(
        Exists(elsewhere)
    )
    store = Store(settings.STORE)
    for row in rows.select_related("evaluation")[:AT_ONCE]:
        if row.evaluation is not None and _starred(row.evaluation):
            continue
        store.discard(row.sha256)
        Artifact.objects.filter(sha256=row.sha256).update(dropped=Now())
        Snapshot.objects.filter(artifacts__contains=row.sha256, stale="").update(stale=STALE)


def _starred(evaluation: Evaluation) -> bool:
    return Genome.objects.filter(
        run_id=evaluation.run_id, number__in=evaluation.subjects, starred=True
    ).exists()


def _drop_checkpoints() -> None:
    """Checkpoints of runs that have ended."""
    root = run_folder(0).parent
    if not root.is_dir():
        return
    there = [int(folder.name) for folder in root.iterdir() if folder.name.isdecimal()][:AT_ONCE]
    ended = set(SearchRun.objects.filter(pk__in=there, state__in=ENDED).values_list("pk", flat=True))
    known = set(SearchRun.objects.filter(pk__in=there).values_list("pk", flat=True))
    for run_id in there:
        if run_id in ended or run_id not in known:
            shutil.rmtree(run_folder(run_id), ignore_errors=True)
