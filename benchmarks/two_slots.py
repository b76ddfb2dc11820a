"""Evoscope with two slots against two plain processes doing the same trainings.

    python -m benchmarks.two_slots [--rounds 3] [--births 60] [--space chain --data digits]
    python -m benchmarks.two_slots --rounds 3 --births 24 --space evanet --data digits-motion

Each round launches a search with another seed and waits for its end; then the product stands still and
two plain processes (`benchmarks.plain_trainer`: the same training code, no product) train the very same
jobs, each taking the next one as soon as it is free. Wall time runs from the first training's start to
the last one's end on both sides; fitness must be equal to the bit. The search draws at random from
``--space``: of `chain`, the small image networks, a training takes 0.2 s, so the figure is the product's
own work; of `evanet` on clips it takes seconds, as in the demo. The run's state is asked for twice a second
in the database, and no page is open."""

from __future__ import annotations

import argparse
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.stack import Line, product, quiet, record
from tests.live.stack import Stack
from tests.waits import wait_until
from webapp.config.var import HOME
from webapp.operations.processes import dies_with_parent

LEAST_RATIO = 0.93
SLOTS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_slots", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--births", type=int, default=60)
    parser.add_argument("--space", default="chain", help="what the random search draws from")
    parser.add_argument("--data", default="digits")
    parser.add_argument("--window", type=int, default=8)
    chosen = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    pairs: list[tuple[float, float]] = []
    with product(SLOTS) as (stack, visitor):
        launch = {
            "method": "random_search",
            "space": chosen.space,
            "data": chosen.data,
            "window": chosen.window,
        }
        visitor.finished(visitor.launch(**launch, evaluations=4, seed=1), 300)
        for seed in range(2, 2 + chosen.rounds):
            run_id = visitor.launch(**launch, evaluations=chosen.births, seed=seed)
            wait_until(lambda run=run_id: _ended(stack, run), 1200, f"run {run_id} to end", every=0.5)
            ((ours,),) = stack.rows(WALL, run_id)
            jobs = stack.rows(JOBS, run_id)
            with quiet(stack):
                theirs, fitness = plain(stack, run_id, jobs)
            differing = sum(fitness[number] != kept for number, _, kept in jobs)
            if differing:
                raise SystemExit(f"{differing} of {len(jobs)} plain trainings came to another fitness")
            pairs.append((ours, theirs))
            print(f"seed {seed}: Evoscope {ours:.2f} s, plain {theirs:.2f} s", flush=True)
    ratio = median(theirs / ours for ours, theirs in pairs)
    lines = [
        Line(
            "space, trainings a round, rounds, window",
            f"{chosen.space}, {len(jobs)}, {chosen.rounds}, {chosen.window}",
        ),
        Line("Evoscope, two slots", ", ".join(f"{ours:.2f}" for ours, _ in pairs) + " s"),
        Line("two plain processes", ", ".join(f"{theirs:.2f}" for _, theirs in pairs) + " s"),
        Line(
            "throughput, Evoscope / plain (median)", f"{ratio:.3f}", f"≥ {LEAST_RATIO}", ratio >= LEAST_RATIO
        ),
    ]
    record("two_slots", lines, load=load)
    return 0


def _ended(stack: Stack, run_id: int) -> bool:
    ((state,),) = stack.rows("SELECT state FROM searches_searchrun WHERE id = %s", run_id)
    if state in ("failed", "broken", "cancelled"):
        raise SystemExit(f"run {run_id} is {state}")
    return bool(state == "finished")


def plain(stack: Stack, run_id: int, jobs: list[tuple[Any, ...]]) -> tuple[float, dict[int, float | None]]:
    """Wall seconds of the jobs on two plain processes that have loaded torch, and the fitness by job."""
    with tempfile.TemporaryDirectory(prefix="ev-plain-") as scratch:
        trainers = [Trainer(stack.var, Path(scratch)) for _ in range(SLOTS)]
        try:
            return _all_of(trainers, jobs, Path(scratch))
        finally:
            for trainer in trainers:
                trainer.end()


def _all_of(
    trainers: list[Trainer], jobs: list[tuple[Any, ...]], scratch: Path
) -> tuple[float, dict[int, float | None]]:
    for trainer in trainers:
        trainer.answer()  # it is ready
        trainer.train(jobs[0], scratch / "warm")  # the product's processes have trained before, too
        trainer.answer()
    fitness: dict[int, float | None] = {}
    waiting = list(jobs)
    with selectors.DefaultSelector() as selector:
        for trainer in trainers:
            selector.register(trainer.out, selectors.EVENT_READ, trainer)
        began = time.perf_counter()
        for trainer in trainers:
            if waiting:
                trainer.train(waiting.pop(0), scratch)
        while len(fitness) < len(jobs):
            for key, _ in selector.select():
                done = key.data.answer()
                fitness[done["job"]] = done["fitness"][0]
                if waiting:
                    key.data.train(waiting.pop(0), scratch)
        return time.perf_counter() - began, fitness


class Trainer:
    """One plain process."""

    def __init__(self, var: Path, scratch: Path) -> None:
        one = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.plain_trainer", str(scratch / "store"), str(var / "data")],
            cwd=HOME,
            env={**os.environ, **one},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=dies_with_parent(),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self.out = self._process.stdin, self._process.stdout

    def train(self, row: tuple[Any, ...], scratch: Path) -> None:
        number, (job, fingerprint, summary), _ = row
        command = {
            "job": json.loads(job),
            "data": fingerprint,
            "summary": json.loads(summary),
            "attempt_dir": str(scratch / str(number)),
        }
        self._in.write(json.dumps(command) + "\n")
        self._in.flush()

    def answer(self) -> dict[str, Any]:
        line = self.out.readline()
        if not line:
            raise RuntimeError("a plain process has died")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        self._in.close()
        self._process.wait(20)


WALL = """
SELECT extract(epoch FROM max(finished) - min(started))::float8 FROM searches_evaluation
WHERE run_id = %s AND reuse_of IS NULL
"""

JOBS = """
SELECT e.number, ARRAY[e.job, d.fingerprint, d.summary], s.fitness
FROM searches_evaluation AS e JOIN searches_score AS s ON s.evaluation_id = e.id
JOIN searches_searchrun AS r ON r.id = e.run_id JOIN datasets_dataset AS d ON d.id = r.dataset_id
WHERE e.run_id = %s AND e.reuse_of IS NULL ORDER BY e.number
"""

if __name__ == "__main__":
    sys.exit(main())
