"""Rounds of NSE under an exact scorer: a table that knows cost and value of every path takes the supernet's
place. It tells what locking and rehearsal do to the front, and nothing of how well supernets rank.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

from searchengine.core.generator import job_seed
from searchengine.core.jsontext import Json
from searchengine.core.pareto import Point
from searchengine.driver.claims import Arm, Bench, Measured, NotMeasurable
from searchengine.methods.nse.candidates import Band, CellCosts, candidates
from searchengine.methods.nse.costs import Table
from searchengine.methods.nse.front import Scored, front, volume
from searchengine.methods.nse.gates import probabilities
from searchengine.methods.nse.subset import Cells, Space, first_space, lock, refill, standstill

FOLDER = "EVOSCOPE_MEASURE_DATA"
"""The environment variable that names the folder of data which is there only to measure with."""
NB201 = "tables/nb201_12_and_200_epochs.csv"
"""NAS-Bench-201: 6 edges of 5 operations, 15,625 cells, in that folder."""
FLOOR = 80.0
"""Accuracy in percent from which the hypervolume counts; its other end is the dearest path's cost."""
TRIES = 1024
"""Draws a round: of the 64 paths that two ops in six cells span, they miss one once in 150,000 rounds."""


class Known(NamedTuple):
    """A table of paths with one op a cell. ``points``: cost and value of every path; ``costs``: the same
    costs by cell and op; ``reference`` of the hypervolume; ``whole``: that of the best front there is."""

    points: Mapping[Cells, Point]
    costs: Table
    reference: Point
    whole: float


class Rules(NamedTuple):
    """``size`` is K; ``samples`` paths a round; ``rehearse``: score the old front again; ``cap``: lock at
    most K - 1 ops a cell while others wait; ``repeat``: run rounds in which no op can enter, as the public
    code does, where a search here ends."""

    samples: int
    rehearse: bool = True
    cap: bool = False
    repeat: bool = True
    size: int = 2
    rounds: int = 4


class Looked(NamedTuple):
    """A round: the share of the best hypervolume that its front covers, and paths scored so far."""

    share: float
    scored: int


def known(points: Mapping[Cells, Point], ops: int, floor: float) -> Known:
    """``points`` of all paths over ``ops`` ops a cell. Raises ``ValueError`` when one is missing, when the
    cost is no sum over the cells, or when nothing is worth more than ``floor``."""
    cells = len(next(iter(points)))
    if len(points) != ops**cells:
        raise ValueError(f"expected all {ops**cells} paths of {ops} ops in {cells} cells, got {len(points)}")
    first: Cells = ((0,),) * cells
    least = points[first][0]
    rows = tuple(
        tuple(points[(*first[:cell], (op,), *first[cell + 1 :])][0] - least for op in range(ops))
        for cell in range(cells)
    )
    costs = Table(rows, least)
    for path, (cost, _) in points.items():
        if abs(costs.of(path) - cost) > 1e-9 * abs(cost):
            raise ValueError(f"expected costs that are sums over the cells; {path} costs {cost}")
    reference = (max(cost for cost, _ in points.values()), floor)
    best = front(Scored(path, cost, value, 1, 0) for path, (cost, value) in points.items())
    whole = volume(best, reference)
    if whole <= 0:
        raise ValueError(f"expected a path that is worth more than {floor}")
    return Known(points, costs, reference, whole)


def evolve(table: Known, rules: Rules, seed: int) -> tuple[Looked, ...]:
    """All rounds of one search; those it does not run have the front of the last."""
    rng = np.random.default_rng(job_seed(81, seed))
    # Cells of kind E hold an op at least; with one op a cell they hold exactly one.
    space = first_space("E" * len(table.costs.ops), len(table.costs.ops[0]), rules.size, rules.rounds, rng)
    members: tuple[Scored, ...] = ()
    looked: list[Looked] = []
    scored = 0
    while True:
        again = [one.path for one in members if space.fits(one.path)] if rules.rehearse else []
        paths = [*again, *_drawn(table, space, rules.samples, set(again), rng)]
        scored += len(paths)
        members = front(
            Scored(path, *table.points[path], space.round, number) for number, path in enumerate(paths)
        )
        looked.append(Looked(volume(members, table.reference) / table.whole, scored))
        space = lock(space, [one.path for one in members], [one.value for one in members], cap=rules.cap)
        if space.round == space.rounds or (standstill(space) and not rules.repeat):
            return (*looked, *looked[-1:] * (space.rounds - space.round))
        space = refill(space)


def table_arm(rules: Rules, number: int | None = None) -> Arm:
    """The hypervolume of round ``number`` (from 1; the last by default) on NAS-Bench-201; its cost is paths
    scored until then."""

    def arm(bench: Bench, seed: int) -> Measured:
        table, began = nb201(), perf_counter()
        rounds = evolve(table, rules, seed)
        chosen = rounds[(number or len(rounds)) - 1]
        details: Json = {"rounds": [one.share for one in rounds]}
        return Measured(chosen.share, float(chosen.scored), perf_counter() - began, details)

    return arm


def nb201() -> Known:
    """NAS-Bench-201's table: parameters, and validation accuracy on CIFAR-10 after 200 epochs in percent.
    Raises ``NotMeasurable`` where it is not there."""
    folder = os.environ.get(FOLDER)
    if not folder:
        raise NotMeasurable(f"{FOLDER} is not set; it names the folder that holds {NB201}")
    path = Path(folder) / NB201
    if not path.is_file():
        raise NotMeasurable(f"there is no {path}; {FOLDER} names the folder that holds {NB201}")
    return _read(path)


@lru_cache(maxsize=1)
def _read(path: Path) -> Known:
    with path.open(newline="", encoding="utf-8") as lines:
        points: dict[Cells, Point] = {
            tuple((int(op),) for op in row["code"]): (
                float(row["params_cifar10"]),
                float(row["c10_valid_200"]),
            )
            for row in csv.DictReader(lines)
        }
    return known(points, 5, FLOOR)


def _drawn(
    table: Known, space: Space, count: int, scored: set[Cells], rng: np.random.Generator
) -> list[Cells]:
    """At most ``count`` distinct paths of the subset that are not ``scored``, of any cost, uniform: all gates
    stand where a round begins."""
    gates = probabilities([[0.0] * len(ops) for ops in space.active])
    found = candidates(
        space.cells,
        space.active,
        gates,
        CellCosts(table.costs.of_active(space.active), table.costs.fixed),
        Band(0.0, table.reference[0]),
        count,
        rng,
        known=scored.__contains__,
        mode="single",
        most_tries=TRIES,
    )
    return [one.path for one in found.found]
