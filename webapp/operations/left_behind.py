"""Work of the preparer that was left behind: its bell was lost, or the preparer died at it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

MOST_ATTEMPTS = 3


def take_back(
    rows: models.QuerySet[Any],
    *,
    doing: str,
    waiting: str,
    failed: str,
    died: str,
    ring: Callable[[int], None],
) -> None:
    """Ring again for what waits; what a dead preparer held waits again, three times at most, and then has
    ``failed``: it ``died`` at it.

    ``rows`` have ``state`` (one of the three), ``touched`` (the last sign of life), ``attempts``, ``error``
    and ``finished``.
    """
    silent = Now() - datetime.timedelta(seconds=settings.LEASE_SECONDS)
    dead = rows.filter(state=doing, touched__lt=silent)
    dead.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=failed, error=f"the preparer died {MOST_ATTEMPTS} times while it {died}", finished=Now()
    )
    dead.update(state=waiting, touched=Now())
    unheard = rows.filter(state=waiting, touched__lt=silent)
    for pk in unheard.values_list("pk", flat=True)[:10]:
        ring(pk)
    unheard.update(touched=Now())
