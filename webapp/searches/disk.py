"""The disk guard: a warning while little is free, a pause before nothing is."""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress

from django.conf import settings
from django.core.cache import cache

from webapp.searches.models import SearchRun
from webapp.searches.services.pause import pause
from webapp.searches.services.resume import resume
from webapp.searches.states import MoveRefused, State

log = logging.getLogger(__name__)

WARNING_KEY = "disk-is-low"
WARNING_SECONDS = 30.0


def free_share() -> float:
    """The least free share of the disks that hold the store and all other state, 0 to 1."""
    usages = [shutil.disk_usage(path) for path in (settings.STORE, settings.VAR) if path.exists()]
    return min((usage.free / usage.total for usage in usages), default=1.0)


def is_low() -> bool:
    """Whether pages should warn."""
    return free_share() < settings.DISK_WARN_SHARE


def guard_disk() -> None:
    """Pause what runs when the disk is nearly full; resume what was paused for it when there is space
    again."""
    free = free_share()
    if free < settings.DISK_PAUSE_SHARE:
        reason = f"only {free:.1%} of the disk is free; it goes on by itself when there is space"
        for run_id in SearchRun.objects.filter(state=State.RUNNING).values_list("pk", flat=True):
            with suppress(MoveRefused):  # it ended in between
                pause(run_id=run_id, actor=None, reason=reason, held="disk")
    elif free >= min(settings.DISK_WARN_SHARE, 2 * settings.DISK_PAUSE_SHARE):
        for run_id in SearchRun.objects.filter(state=State.PAUSED, held="disk").values_list("pk", flat=True):
            with suppress(MoveRefused):
                resume(run_id=run_id, actor=None, reason="there is space on the disk again")
    if free < settings.DISK_WARN_SHARE and cache.add(WARNING_KEY, True, WARNING_SECONDS):
        log.warning(
            "only %.1f %% of the disk is free; runs pause at %.0f %%",
            100 * free,
            100 * settings.DISK_PAUSE_SHARE,
        )
