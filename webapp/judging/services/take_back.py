"""Judgements left behind: the bell was lost, or the preparer died at work."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db.models.functions import Now

from webapp.judging.models import Judgement, JudgementState
from webapp.searches import bells

MOST_ATTEMPTS = 3


def take_back_judgements() -> None:
    """Ring again for what waits; what a dead preparer held waits again, three times at most."""
    silent = Now() - datetime.timedelta(seconds=settings.LEASE_SECONDS)
    dead = Judgement.objects.filter(state=JudgementState.JUDGING, touched__lt=silent)
    dead.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=JudgementState.FAILED,
        error=f"the preparer died {MOST_ATTEMPTS} times while it judged this",
        finished=Now(),
    )
    dead.update(state=JudgementState.WAITING, touched=Now())
    waiting = Judgement.objects.filter(state=JudgementState.WAITING, touched__lt=silent)
    for pk in waiting.values_list("pk", flat=True)[:10]:
        bells.ring_preparer(bells.JUDGE, pk)
    waiting.update(touched=Now())
