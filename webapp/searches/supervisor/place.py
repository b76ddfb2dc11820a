"""Where an evaluation's work lies, and how much memory it may use."""

from __future__ import annotations

from pathlib import Path

import psutil
from django.conf import settings

LEAST_MEMORY = 1 << 30
MEMORY_SHARE = 0.8


def attempt_folder(run_id: int, number: int) -> Path:
    """The checkpoints of job ``number``: in the shared store, so that another worker goes on from them."""
    return settings.STORE / "attempts" / str(run_id) / str(number)


def run_folder(run_id: int) -> Path:
    """The checkpoints of all jobs of a run."""
    return settings.STORE / "attempts" / str(run_id)


def memory_limit() -> int:
    """Bytes a training process may use of its own: the setting, or a core's share of the machine's memory."""
    if settings.TRAINING_MEMORY_BYTES:
        return int(settings.TRAINING_MEMORY_BYTES)
    share = MEMORY_SHARE * psutil.virtual_memory().total / max(1, psutil.cpu_count() or 1)
    return max(LEAST_MEMORY, int(share))
