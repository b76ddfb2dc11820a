"""Asking for a judgement: the test part is opened for one network, or for what a search found."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from searchengine.core.jsontext import dumps, loads
from webapp.accounts.models import User
from webapp.accounts.permissions import require
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.exports.specification import members_of
from webapp.judging.models import Judgement, JudgementState
from webapp.searches import bells
from webapp.searches.models import Genome, SearchRun


class JudgementRefused(Exception):
    """It cannot be judged now; the message says why."""


@transaction.atomic
def ask_for_judgement(*, run: SearchRun, actor: User, genome: Genome | None = None) -> Judgement:
    """A judgement of ``genome``, or of the run's outcome; the one there is when these very networks were
    judged, or are about to be: looking again at the same would tell nothing new.

    Raises ``PermissionDenied`` below researcher, ``JudgementRefused`` while the run goes on (test is for the
    end) and ``ExportRefused`` where there are no weights.
    """
    require(actor, run.team_id, Role.RESEARCHER)
    if not run.ended:
        raise JudgementRefused(
            "a search is judged when it has ended: a look at test must not steer it; stop it first"
        )
    members = dumps([[birth, weights] for birth, _, weights in members_of(run, genome)])
    same = Judgement.objects.filter(run=run, members=members, whole=genome is None)
    there = same.exclude(state=JudgementState.FAILED).first()
    if there is not None:
        return there
    made = Judgement.objects.create(
        team_id=run.team_id,
        run=run,
        genome=genome,
        whole=genome is None,
        fingerprint=loads(run.plan)["data"]["fingerprint"],
        members=members,
        created_by=actor,
    )
    Judgement.objects.filter(pk=made.pk).update(touched=Now())
    record(
        team_id=run.team_id,
        actor=actor,
        action="judge",
        kind="run",
        object_id=run.pk,
        detail={"judgement": made.pk, "genome": genome.number if genome else None},
    )
    bells.ring_preparer(bells.JUDGE, made.pk)
    return made
