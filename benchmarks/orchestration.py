"""What a candidate costs beside its training: a constant evaluator through the real product.

    python -m benchmarks.orchestration [--births 1000] [--window 8] [--slots 1] [--rounds 5]

One run of ``--births`` candidates that do nothing is launched through the API; steward, slot, training
process, commits and events are the real ones, at the default settings. Wall time a candidate, from the
launch's row to the run's end, stands against a bare Celery no-op (send and run, one solo worker, the
same broker), timed in the same sitting before and after. With ``--births 10000`` the last thousand
candidates are held against those after the hundredth too, and the stored state is weighed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from statistics import median

from benchmarks.noop import measure
from benchmarks.stack import CONSTANT, Line, product, record, wall_seconds, warm
from tests.live.stack import Stack
from tests.live.visitor import Visitor

MOST_RATIO = 5.0
MOST_MILLISECONDS = 20
MOST_GROWTH = 1.2
LARGEST_STATE = 64 * 1024
LONG = 5_000
"""From this many births on, growth over history is told too."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orchestration", description=__doc__)
    parser.add_argument("--births", type=int, default=1000)
    parser.add_argument("--window", type=int, default=8, help="the demo's is 8")
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of bare tasks, half before, half after")
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with product(chosen.slots) as (stack, visitor):
        tasks = min(chosen.births, 1000)
        bare = measure(stack.environment, tasks, (chosen.rounds + 1) // 2)
        warm(visitor)
        run_id = visitor.launch(window=chosen.window, evaluations=chosen.births, **CONSTANT)
        state = _followed(stack, visitor, run_id, chosen.births)
        wall = wall_seconds(stack, run_id)
        bare += measure(stack.environment, tasks, max(1, chosen.rounds // 2))
        counts = stack.rows(COUNTS, run_id)[0]
        marks = dict(stack.rows(MARKS, run_id, [100, 1100, chosen.births - 1001, chosen.births - 1]))
    each, floor = 1000 * wall / chosen.births, 1000 * median(found.sent_and_run for found in bare)
    ratio = each / floor
    lines = [
        Line("candidates, window, slots", f"{chosen.births}, {chosen.window}, {chosen.slots}"),
        Line(
            "wall a candidate", f"{each:.2f} ms", f"≤ {MOST_MILLISECONDS:.0f} ms", each <= MOST_MILLISECONDS
        ),
        Line("bare Celery no-op, sent and run", f"{floor:.2f} ms (median of {len(bare)} rounds)"),
        Line("ratio", f"{ratio:.2f}", f"≤ {MOST_RATIO:.0f}", ratio <= MOST_RATIO),
        Line("steps, events", f"{counts[0]}, {counts[1]}"),
        Line(
            "largest stored state seen",
            f"{state} bytes",
            f"≤ {LARGEST_STATE} bytes",
            state <= LARGEST_STATE,
        ),
    ]
    if chosen.births >= LONG:
        early = marks[1100] - marks[100]
        late = marks[chosen.births - 1] - marks[chosen.births - 1001]
        growth = late / early
        lines += [
            Line("candidates 100 to 1,100", f"{early:.2f} ms each"),
            Line("the last thousand", f"{late:.2f} ms each"),
            Line("growth", f"{growth:.2f}", f"≤ {MOST_GROWTH}", growth <= MOST_GROWTH),
        ]
    record("orchestration", lines, load=load)
    return 0


COUNTS = """
SELECT s.version, r.last_seq FROM searches_searchrun AS r JOIN searches_runstate AS s ON s.run_id = r.id
WHERE r.id = %s
"""

MARKS = """
SELECT number, extract(epoch FROM told)::float8 FROM searches_evaluation
WHERE run_id = %s AND number = ANY(%s)
"""


def _followed(stack: Stack, visitor: Visitor, run_id: int, births: int) -> int:
    """Wait for the run's end; the largest state seen on the way, in bytes."""
    sizes: list[int] = []

    def ended(run: dict[str, object]) -> bool:
        sizes.extend(size for (size,) in stack.rows(STATE_SIZE, run_id))
        return run["state"] not in ("queued", "running")

    visitor.until(run_id, ended, 120 + 0.2 * births, f"{births} candidates to be told")
    visitor.finished(run_id)
    return max(sizes)


STATE_SIZE = "SELECT octet_length(state) FROM searches_runstate WHERE run_id = %s"

if __name__ == "__main__":
    sys.exit(main())
