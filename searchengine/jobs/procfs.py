"""What the kernel knows of a process: memory and CPU time, read from ``/proc``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")


class Memory(NamedTuple):
    """Bytes. ``own`` is what the process alone holds (files mapped from disk are not its own), ``peak`` the
    most ever resident, ``data`` what it has reserved."""

    own: int
    peak: int
    data: int


def memory(pid: int) -> Memory | None:
    """None when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = dict.fromkeys(("RssAnon", "RssShmem", "VmHWM", "VmData"), 0)
    for row in text.splitlines():
        name, _, value = row.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) * 1024
    return Memory(found["RssAnon"] + found["RssShmem"], found["VmHWM"], found["VmData"])


def cpu_seconds(pid: int) -> float | None:
    """CPU time of a process in seconds, user and system; None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold anything, spaces and parentheses too.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
