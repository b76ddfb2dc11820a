"""Exports left behind: the bell was lost, or the preparer died at work."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db.models.functions import Now

from webapp.exports.models import Export, ExportState
from webapp.searches import bells

MOST_ATTEMPTS = 3


def take_back_exports() -> None:
    """Ring again for what waits; what a dead preparer held waits again, three times at most."""
    silent = Now() - datetime.timedelta(seconds=settings.LEASE_SECONDS)
    dead = Export.objects.filter(state=ExportState.WRITING, touched__lt=silent)
    dead.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=ExportState.FAILED,
        error=f"the preparer died {MOST_ATTEMPTS} times while it wrote this",
        finished=Now(),
    )
    dead.update(state=ExportState.WAITING, touched=Now())
    waiting = Export.objects.filter(state=ExportState.WAITING, touched__lt=silent)
    for pk in waiting.values_list("pk", flat=True)[:10]:
        bells.ring_preparer(bells.WRITE_EXPORT, pk)
    waiting.update(touched=Now())
