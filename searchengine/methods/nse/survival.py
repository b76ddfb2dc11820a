"""Which ops survive: in how many cells an op was tried and kept, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from searchengine.methods.nse.subset import Cells


class Round(NamedTuple):
    """``tried`` is active at a round's beginning, ``kept`` locked at its end."""

    tried: Cells
    kept: Cells


class Survival(NamedTuple):
    """Counts of cells: ``tried`` had the op in a supernet at least once, ``kept`` lock it after the last
    round. ``by_round`` holds (cells with it in the supernet, cells that kept it) of every round."""

    op: int
    tried: int
    kept: int
    by_round: tuple[tuple[int, int], ...]


def survival(rounds: Sequence[Round], pool: int) -> tuple[Survival, ...]:
    """One row an op of the pool, in order of id; ``rounds`` in order."""
    rows = []
    for op in range(pool):
        by_round = tuple((_cells_with(op, one.tried), _cells_with(op, one.kept)) for one in rounds)
        ever = {cell for one in rounds for cell, ops in enumerate(one.tried) if op in ops}
        rows.append(Survival(op, len(ever), by_round[-1][1] if by_round else 0, by_round))
    return tuple(rows)


def _cells_with(op: int, cells: Cells) -> int:
    return sum(op in ops for ops in cells)
