"""How long an evaluation may take: by the training process's own CPU time, and by progress while it was
watched."""

from __future__ import annotations

import time
from typing import NamedTuple

from django.conf import settings

from webapp.searches.supervisor.claim import Claimed

DEADLINE_FACTOR = 10.0
"""An evaluation may take so many times what its predicted cost says, by the pace of its run."""

DEADLINE_FLOOR = 60.0
"""Seconds no deadline lies below: a pace known from tiny evaluations says little."""

LONGEST_TICK = 1.0
"""A gap between two looks counts as this much at most: while the supervisor itself stood still, nobody
watched."""


class Verdict(NamedTuple):
    """Why an evaluation is to be ended."""

    code: str
    reason: str


class Judge:
    """Watches one evaluation from its start."""

    def __init__(self, claimed: Claimed, cpu_seconds: float) -> None:
        self._began = cpu_seconds
        self._silent = 0.0
        self._looked = time.monotonic()
        self._deadline: float | None = None
        if claimed.seconds_per_cost is not None:
            expected = claimed.cost * claimed.seconds_per_cost
            self._deadline = max(DEADLINE_FLOOR, DEADLINE_FACTOR * expected)

    def heard(self) -> None:
        """The training process reported something new."""
        self._silent = 0.0
        self._looked = time.monotonic()

    def verdict(self, cpu_seconds: float) -> Verdict | None:
        """Whether it hangs or is over its deadline; None while it may go on."""
        now = time.monotonic()
        self._silent += min(LONGEST_TICK, now - self._looked)
        self._looked = now
        if self._silent >= settings.STALL_SECONDS:
            return Verdict("over_deadline", f"no progress for {self._silent:.0f} s: it hangs")
        used = cpu_seconds - self._began
        if self._deadline is not None and used > self._deadline:
            return Verdict(
                "over_deadline", f"used {used:.0f} s, allowed were {self._deadline:.0f} s by its cost"
            )
        return None
