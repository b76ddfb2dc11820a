"""How long a training process has said nothing, in time that it could have used."""

from __future__ import annotations

from pathlib import Path

from searchengine.jobs import procfs


class Quiet:
    """Counts towards a hang: wall time while the process sleeps, its CPU time while it runs or waits for a
    core. A process that is starved by others makes no progress either, and must not be taken for one that
    hangs."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.seconds = 0.0
        self._used = procfs.cpu_seconds(pid) or 0.0

    def heard(self) -> None:
        """The process said something."""
        self.seconds = 0.0
        self._used = procfs.cpu_seconds(self._pid) or 0.0

    def passed(self, seconds: float) -> float:
        """So much wall time went by, in which this program ran too; the quiet time until now."""
        used = procfs.cpu_seconds(self._pid) or self._used
        self.seconds += seconds if _sleeps(self._pid) else used - self._used
        self._used = used
        return self.seconds


def _sleeps(pid: int) -> bool:
    """Whether a process waits for something other than a core or a disk."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "S"
