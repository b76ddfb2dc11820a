"""Preparations left behind: the bell was lost, or the preparer died at work."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from webapp.datasets.models import Dataset, DatasetState
from webapp.searches import bells

MOST_ATTEMPTS = 3


def take_back_preparations() -> None:
    """Ring again for what waits; what a dead preparer held waits again, three times at most."""
    silent = Now() - datetime.timedelta(seconds=settings.LEASE_SECONDS)
    dead = Dataset.objects.filter(state=DatasetState.PREPARING, touched__lt=silent)
    dead.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=DatasetState.FAILED,
        error=f"the preparer died {MOST_ATTEMPTS} times while it read this set; look at its files",
        finished=Now(),
    )
    dead.update(state=DatasetState.WAITING, touched=Now())
    waiting = Dataset.objects.filter(Q(touched__lt=silent), state=DatasetState.WAITING, touched__isnull=False)
    for pk in waiting.values_list("pk", flat=True)[:10]:
        bells.ring_preparer(bells.PREPARE_DATASET, pk)
    waiting.update(touched=Now())
