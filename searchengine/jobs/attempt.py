"""What attempts at one job leave for the next: beside the checkpoints, whether memory ran out."""

from __future__ import annotations

import json
from pathlib import Path

_OUT_OF_MEMORY = "out_of_memory.json"


def note_out_of_memory(attempt_dir: Path, peak_rss: int) -> None:
    """Count an attempt whose process went over its memory limit: the next trains at half the micro-batch."""
    attempt_dir.mkdir(parents=True, exist_ok=True)
    count = times_out_of_memory(attempt_dir) + 1
    (attempt_dir / _OUT_OF_MEMORY).write_text(json.dumps({"times": count, "peak_rss": peak_rss}))


def times_out_of_memory(attempt_dir: Path) -> int:
    """How many attempts of this job ran out of memory so far."""
    try:
        return int(json.loads((attempt_dir / _OUT_OF_MEMORY).read_text())["times"])
    except FileNotFoundError:
        return 0
    except (ValueError, KeyError):
        return 1  # the note itself was cut short: it was written, so it happened
