"""Which failure class an exception belongs to."""

from __future__ import annotations

import errno
import traceback
from typing import NamedTuple

import torch

from searchengine.core.errors import BadGenome, InfeasibleArchitecture
from searchengine.core.jobs import Failure

_TRACE_CHARACTERS = 6000


class Lost(NamedTuple):
    """The process cannot go on; the job runs again elsewhere. ``reason`` is ``disk_full`` or
    ``device_error``."""

    reason: str
    text: str


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory could not be had, on the device or in the process."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = (
        "can't allocate memory",
        "not enough memory",
        "could not create a memory object",
        "out of memory",
    )
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)


def classify(error: Exception) -> Failure | Lost:
    """The genome's fault, the surroundings' fault (``Lost``), or ours (a bug, with its trace)."""
    if isinstance(error, BadGenome):
        return Failure("bad_genome", error.code, error.reason)
    if isinstance(error, InfeasibleArchitecture):
        return Failure("bad_genome", "infeasible", str(error))
    if ran_out_of_memory(error):
        return Failure("bad_genome", "out_of_memory", "memory ran out even at half the micro-batch")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Lost("disk_full", str(error))
    if isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error):
        return Lost("device_error", str(error)[:_TRACE_CHARACTERS])
    trace = "".join(traceback.format_exception(error))
    return Failure("bug", type(error).__name__, trace[-_TRACE_CHARACTERS:])
