"""What a path costs, as a sum over its ops: tables by cell and op, no graph a draw.

Parameters and multiply-adds (MACs) equal those of the built network exactly; a latency is what was measured
on a device (:mod:`searchengine.methods.nse.latency`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from searchengine.methods.nse.ops import Fit, Op
from searchengine.methods.nse.skeleton import STEM_KERNEL, Skeleton
from searchengine.methods.nse.subset import Cells


class Table(NamedTuple):
    """``ops[c][o]``: what op o of the pool costs in cell c; ``fixed``: stem, tail and classifier."""

    ops: tuple[tuple[float, ...], ...]
    fixed: float

    def of(self, path: Cells) -> float:
        """Cost of the network of ``path``."""
        return self.fixed + sum(self.ops[cell][op] for cell, ops in enumerate(path) for op in ops)

    def of_active(self, active: Cells) -> tuple[tuple[float, ...], ...]:
        """The costs of every cell's ``active`` ops in their order."""
        return tuple(tuple(row[op] for op in ops) for row, ops in zip(self.ops, active, strict=True))

    def least(self, cells: str) -> float:
        """The cheapest legal path: N cells empty, the cheapest op in each other cell."""
        return self.fixed + sum(min(row) for kind, row in zip(cells, self.ops, strict=True) if kind != "N")

    def largest(self) -> float:
        """The path with every op of the pool on."""
        return self.fixed + sum(map(sum, self.ops))


def macs(skeleton: Skeleton, images: tuple[int, int, int], classes: int) -> Table:
    """Multiply-adds of one image of shape (C, H, W)."""
    colours, *size = images
    rows, columns = size[0], size[1]
    stem, last = skeleton.ends((rows, columns))
    fixed = colours * STEM_KERNEL**2 * skeleton.channels[0] * stem[0] * stem[1]
    fixed += skeleton.channels[-1] * skeleton.tail * last[0] * last[1] + skeleton.tail * classes
    return Table(_by_cell(skeleton, (rows, columns), Op.macs), fixed)


def parameters(skeleton: Skeleton, images: tuple[int, int, int], classes: int) -> Table:
    """Learned numbers for images of shape (C, H, W)."""
    colours, rows, columns = images
    first, last = skeleton.channels[0], skeleton.channels[-1]
    fixed = colours * STEM_KERNEL**2 * first + 2 * first
    fixed += last * skeleton.tail + (2 * skeleton.tail if skeleton.tail_norm else 0)
    fixed += skeleton.tail * classes + classes
    return Table(_by_cell(skeleton, (rows, columns), Op.parameters), fixed)


def _by_cell(
    skeleton: Skeleton, size: tuple[int, int], cost: Callable[[Op, Fit], int]
) -> tuple[tuple[float, ...], ...]:
    ops: Sequence[Op] = skeleton.ops
    return tuple(tuple(cost(op, fit) for op in ops) for fit in skeleton.fits(size))
