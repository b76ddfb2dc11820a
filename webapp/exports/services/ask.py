"""Asking for an export: of one network, or of what a search found."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from webapp.accounts.models import User
from webapp.accounts.permissions import require
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.exports.models import Export, ExportKind, ExportState
from webapp.searches import bells
from webapp.searches.models import Genome, SearchRun


class ExportRefused(Exception):
    """There is nothing to export; the message says why and what to do."""


@transaction.atomic
def ask_for_export(*, run: SearchRun, actor: User | None, genome: Genome | None = None) -> Export:
    """An export of ``genome``, or of the run's outcome; the one that is there or on its way, if there is one.

    ``actor`` None is the product itself. Raises ``PermissionDenied`` below researcher and ``ExportRefused``.
    """
    if actor is not None:
        require(actor, run.team_id, Role.RESEARCHER)
    if genome is None and not run.outcome:
        raise ExportRefused("this search has found nothing yet; export it once a candidate has a fitness")
    if genome is not None and (genome.run_id != run.pk or genome.fitness is None):
        raise ExportRefused(f"birth {genome.number} has no fitness, so there is no trained network to export")
    kind = ExportKind.OUTCOME if genome is None else ExportKind.GENOME
    wanted = Export.objects.filter(run=run, kind=kind, genome=genome)
    if run.ended:
        there = wanted.exclude(state__in=[ExportState.FAILED, ExportState.CANCELLED]).first()
    else:
        there = wanted.filter(state__in=[ExportState.WAITING, ExportState.WRITING]).first()
    if there is not None:
        return there
    export = Export.objects.create(team_id=run.team_id, run=run, kind=kind, genome=genome, created_by=actor)
    Export.objects.filter(pk=export.pk).update(touched=Now())
    record(
        team_id=run.team_id,
        actor=actor,
        action="export",
        kind="run",
        object_id=run.pk,
        detail={"export": export.pk, "genome": genome.number if genome else None},
    )
    bells.ring_preparer(bells.WRITE_EXPORT, export.pk)
    return export
