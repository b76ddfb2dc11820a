"""How much of a long test is done: ``EVOSCOPE_LONG_SCALE``, 1 unless a person tries the tests themselves."""

from __future__ import annotations

import os

SCALE = float(os.environ.get("EVOSCOPE_LONG_SCALE", "1"))


def scaled(count: float, *, least: int = 1) -> int:
    """``count`` at full scale, fewer when a person only tries the test, never below ``least``."""
    return max(least, round(count * SCALE))
