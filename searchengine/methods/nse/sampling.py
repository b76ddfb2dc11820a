"""How paths are drawn from a supernet: blindly for its weights, by gate probabilities for everything else.

A path switches every active op of a cell on or off; its probability is prod p_j^g_j (1 - p_j)^(1 - g_j). R
and E cells need an op, so theirs is taken given that the cell is not empty. In *single* mode a cell holds at
most one op: the same distribution, given that at most one is on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log10
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from searchengine.methods.nse.gates import LEAST, SPAN, log_joint, share
from searchengine.methods.nse.subset import Cells, Ops

Mode = Literal["multi", "single"]
"""Whether a cell holds any subset of its ops or at most one of them."""
Gates = Sequence[Sequence[float]]
"""Gate probability of every active op, cell by cell, in the order of active."""
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

TABLE = 5
"""Ops up to which a cell's subsets are enumerated for the gates: 2^5 rows."""
_ROUNDING = 1e-12


def log10_paths(cells: str, sizes: Sequence[int], mode: Mode = "multi") -> float:
    """log10 of the number of paths that ``sizes`` active ops of every cell span: 2^m for an N cell, 2^m - 1
    for R and E; in single mode m + 1 and m."""
    return sum(
        log10((2**m if mode == "multi" else m + 1) - (kind != "N"))
        for kind, m in zip(cells, sizes, strict=True)
    )


# --- paths for the weights -------------------------------------------------------------------------


def weight_path(
    cells: str, active: Cells, rng: np.random.Generator, *, mode: Mode = "multi", rate: float = 0.5
) -> Cells:
    """A path for one step of the weights. No gate steers it, else early winners would starve new ops.

    Multi: every active op on with probability ``rate``, an R or E cell drawn again while empty. Single: one
    op, uniform over the ops and, in an N cell, none. Raises ``ValueError`` when an R or E cell has no op."""
    path = []
    for cell, (kind, ops) in enumerate(zip(cells, active, strict=True)):
        _need_op(cell, kind, len(ops))
        if mode == "single":
            chosen = int(rng.integers(len(ops) + (kind == "N")))
            path.append(ops[chosen : chosen + 1])
            continue
        on = rng.random(len(ops)) < rate
        while kind != "N" and not on.any():
            on = rng.random(len(ops)) < rate
        path.append(ops_of(ops, on))
    return tuple(path)


# --- paths by gate probabilities -------------------------------------------------------------------


def masks(
    cells: str,
    gates: Gates,
    count: int,
    rng: np.random.Generator,
    *,
    mode: Mode = "multi",
    shifts: Sequence[Floats] | None = None,
) -> list[Mask]:
    """``count`` paths by gate probabilities: of every cell an array (count, ops), true where an op is on.
    ``shifts`` are added to the logarithm of every gate's odds, p / (1 - p).

    Raises ``ValueError`` when a gate lies outside [0.0005, 0.9995] or an R or E cell has no op."""
    _check(cells, gates)
    draw = _single if mode == "single" else _multi
    odds = [np.asarray(p, dtype=np.float64) / (1 - np.asarray(p, dtype=np.float64)) for p in gates]
    if shifts is not None:
        odds = [row * np.exp(shift) for row, shift in zip(odds, shifts, strict=True)]
    return [draw(kind, row, count, rng) for kind, row in zip(cells, odds, strict=True)]


def gated_path(
    cells: str, active: Cells, gates: Gates, rng: np.random.Generator, *, mode: Mode = "multi"
) -> Cells:
    """One path by gate probabilities. Raises ``ValueError`` as :func:`masks`."""
    drawn = masks(cells, gates, 1, rng, mode=mode)
    return tuple(ops_of(ops, on[0]) for ops, on in zip(active, drawn, strict=True))


def ops_of(ops: Ops, on: npt.NDArray[np.bool_] | Sequence[bool]) -> Ops:
    """The ops that are on, ascending."""
    return tuple(sorted(op for op, chosen in zip(ops, on, strict=True) if chosen))


def _multi(kind: str, odds: Floats, count: int, rng: np.random.Generator) -> Mask:
    gates = odds / (1 + odds)
    on = rng.random((count, len(gates))) < gates
    if kind == "N":
        return on
    # Given that one is on at all, the first one on is j with a probability in proportion to
    # p_j prod_{i<j} (1 - p_i), and those after it are independent. Redrawing would give the same, but takes
    # hundreds of draws where all gates are nearly shut.
    first = gates * np.concatenate(([1.0], np.cumprod(1 / (1 + odds))[:-1]))
    chosen = rng.choice(len(gates), size=count, p=first / first.sum())
    places = np.arange(len(gates))
    return (on & (places > chosen[:, None])) | (places == chosen[:, None])


def _single(kind: str, odds: Floats, count: int, rng: np.random.Generator) -> Mask:
    # Given that at most one is on, {j} stands to none as p_j to 1 - p_j. Gates of 0.5 give the uniform draw.
    choices = np.append(odds, 1.0 if kind == "N" else 0.0)
    chosen = rng.choice(len(choices), size=count, p=choices / choices.sum())
    return np.arange(len(odds)) == chosen[:, None]


# --- pairs for the gates ---------------------------------------------------------------------------


class Pair(NamedTuple):
    """What a gate step runs in one cell: ``a`` and another subset ``b``, with masks in the order of active,
    logarithms of their joint probabilities and p_a = q_a / (q_a + q_b).

    A cell without a gate term (no op; one op that must be on) runs ``a`` alone: ``b`` is None, p_a is 1."""

    a: Ops
    b: Ops | None
    on_a: tuple[bool, ...]
    on_b: tuple[bool, ...]
    log_a: float
    log_b: float
    share: float


def pairs(
    cells: str, active: Cells, gates: Gates, rng: np.random.Generator, *, mode: Mode = "multi"
) -> tuple[Pair, ...]:
    """Two different subsets of every cell, drawn by their joint probabilities.

    Up to 5 ops both come from the table of all subsets, without replacement; above, from independent draws,
    the second repeated while it equals the first. Both are the same distribution. Raises ``ValueError`` as
    :func:`masks`."""
    _check(cells, gates)
    found = []
    for kind, ops, p in zip(cells, active, gates, strict=True):
        if not ops or (kind != "N" and len(ops) == 1):
            on = (True,) * len(ops)
            found.append(Pair(ops, None, on, (), 0.0, -np.inf, 1.0))
            continue
        on_a, on_b = _two(kind, p, rng, mode)
        log_a, log_b = log_joint(p, on_a), log_joint(p, on_b)
        found.append(
            Pair(ops_of(ops, on_a), ops_of(ops, on_b), on_a, on_b, log_a, log_b, share(log_a, log_b))
        )  # fmt: skip
    return tuple(found)


def _two(
    kind: str, gates: Sequence[float], rng: np.random.Generator, mode: Mode
) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    if mode == "multi" and len(gates) > TABLE:
        p = np.asarray(gates, dtype=np.float64)
        odds = p / (1 - p)
        one = other = _multi(kind, odds, 1, rng)[0]
        # The likeliest subset of six gates has at most 0.997 of the mass, so this ends soon.
        while (one == other).all():
            other = _multi(kind, odds, 1, rng)[0]
        return tuple(one.tolist()), tuple(other.tolist())
    table = subsets(kind, len(gates), mode)
    weights = np.exp([log_joint(gates, on) for on in table])
    first = _pick(weights, rng)
    weights[first] = 0.0
    return table[first], table[_pick(weights, rng)]


@lru_cache(maxsize=256)
def subsets(kind: str, ops: int, mode: Mode = "multi") -> tuple[tuple[bool, ...], ...]:
    """Every subset of a cell's ops that is a legal path there, as masks: 2^m, or 2^m - 1 in an R or E cell;
    in single mode m + 1, or m."""
    codes = range(2**ops) if mode == "multi" else [0, *(2**op for op in range(ops))]
    return tuple(tuple(bool(code >> op & 1) for op in range(ops)) for code in codes if code or kind == "N")


def _pick(weights: Floats, rng: np.random.Generator) -> int:
    """A place drawn in proportion to its weight; one of weight 0 never."""
    sums = np.cumsum(weights)
    place = int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))
    return min(place, int(np.flatnonzero(weights)[-1]))


def _need_op(cell: int, kind: str, ops: int) -> None:
    if kind != "N" and not ops:
        raise ValueError(f"cell {cell} ({kind}) changes shape and needs an active op, got none")


def _check(cells: str, gates: Gates) -> None:
    for cell, (kind, p) in enumerate(zip(cells, gates, strict=True)):
        _need_op(cell, kind, len(p))
        for one in p:
            if not LEAST - _ROUNDING <= one <= LEAST + SPAN + _ROUNDING:
                raise ValueError(
                    f"cell {cell}: expected gate probabilities from {LEAST} to {LEAST + SPAN}, got {one}"
                )
