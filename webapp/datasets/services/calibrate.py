"""Timing recipes on this machine for the data there is, in the preparer: asked for when it starts and when a
data set has become ready. A run that is launched afterwards takes the fastest one."""

from __future__ import annotations

import logging
import sys

from django.conf import settings

from searchengine.core.jsontext import Json
from searchengine.driver.recipes import is_calibrated
from webapp.datasets.models import Dataset, DatasetState
from webapp.operations.child_work import run_lines

log = logging.getLogger(__name__)

LONGEST_SECONDS = 900.0
MEMORY_BYTES = 8 << 30


def uncalibrated() -> list[str]:
    """Fingerprints of ready data sets for whose size no recipe was timed on the device that trains here."""
    ready = Dataset.objects.filter(state=DatasetState.READY)
    return [
        one.fingerprint
        for one in ready
        if not is_calibrated(settings.VAR, one.data_summary(), settings.DEVICE)
    ]


def calibrate() -> bool:
    """Time what is missing; False when nothing was, or when it failed: runs then keep to float32. Called by
    the preparer."""
    missing = uncalibrated() if settings.CALIBRATE else []
    if not missing:
        return False
    ended = run_lines(
        [
            sys.executable,
            "-m",
            "searchengine",
            "calibrate",
            *sorted(set(missing)),
            "--device",
            settings.DEVICE,
            "--json",
        ],
        hear=_tell,
        go_on=lambda: True,
        seconds=LONGEST_SECONDS,
        memory_bytes=MEMORY_BYTES,
        environment={"EVOSCOPE_VAR": str(settings.VAR)},
    )
    if ended.code or ended.reason:
        why = ended.words.splitlines()[-1] if ended.words else "no last words"
        log.warning("recipes were not timed (%s, code %s): %s", ended.reason or "ended", ended.code, why)
        return False
    return True


def _tell(timed: Json) -> None:
    log.info("%s, %s: recipe %s", timed.get("device"), timed.get("size"), timed.get("recipe"))
