"""How much of the slots' time is training: candidates that sleep 0.3 to 1 s, two slots.

    python -m benchmarks.useful_share [--births 200] [--window 8] [--slots 2]

The sum of what the candidates slept, known from their genomes, stands against slots × wall time, from
the launch's row to the run's end by the database's clock: first step, last result and everything
between are in it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from benchmarks.stack import Line, product, record, wall_seconds, warm

LEAST_SHARE = 0.95
SHORTEST, LONGEST = 0.3, 1.0
VALUES = 10**9


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.useful_share", description=__doc__)
    parser.add_argument("--births", type=int, default=200)
    parser.add_argument("--window", type=int, default=8, help="the demo's is 8")
    parser.add_argument("--slots", type=int, default=2)
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    with product(chosen.slots) as (stack, visitor):
        warm(visitor)
        run_id = visitor.launch(
            window=chosen.window,
            evaluations=chosen.births,
            seconds=SHORTEST,
            seconds_most=LONGEST,
            values=VALUES,
            steps=4,
        )
        visitor.finished(run_id, 60 + 2 * chosen.births)
        wall = wall_seconds(stack, run_id)
        genomes = [json.loads(text)["value"] for (text,) in stack.rows(GENOMES, run_id)]
        ((attempts,),) = stack.rows(ATTEMPTS, run_id)
    slept = sum(SHORTEST + (LONGEST - SHORTEST) * value / VALUES for value in genomes)
    share = slept / (chosen.slots * wall)
    lines = [
        Line("candidates, window, slots", f"{chosen.births}, {chosen.window}, {chosen.slots}"),
        Line("slept, all together", f"{slept:.2f} s, in {attempts} attempts"),
        Line("slots × wall time", f"{chosen.slots * wall:.2f} s"),
        Line("useful share", f"{share:.1%}", f"≥ {LEAST_SHARE:.0%}", share >= LEAST_SHARE),
    ]
    record("useful_share", lines, load=load)
    return 0


GENOMES = "SELECT genome FROM searches_genome WHERE run_id = %s"
ATTEMPTS = "SELECT sum(attempt) FROM searches_evaluation WHERE run_id = %s"

if __name__ == "__main__":
    sys.exit(main())
