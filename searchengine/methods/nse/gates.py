"""The numbers of the gates: probability of an op, share of one of two paths, resource penalty, pruning.

NSE steers only sampling by gates; no output is weighted by one. A gate learns from two different subsets a
and b of a cell's ops, drawn with their joint probabilities q_a and q_b: the cell gives out y_a, and the
gradient comes through p_a = q_a / (q_a + q_b). Training computes the same in its own arithmetic; here it
stands in numpy, for sampling, for pruning and to be compared with.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import exp, log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SPAN = 0.999
LEAST = 0.0005
"""A gate probability lies in [LEAST, LEAST + SPAN], so no op is ever certain or impossible."""
LEAST_REDUCING = 2
"""Ops at which pruning stops in a cell that changes shape: with one op left it would carry no gate term."""


def _sigmoid(alpha: float) -> float:
    if alpha >= 0:
        return 1 / (1 + exp(-alpha))
    return exp(alpha) / (1 + exp(alpha))


def probability(alpha: float) -> float:
    """p = 0.999 sigmoid(alpha) + 0.0005, in [0.0005, 0.9995]; alpha 0 gives exactly 0.5."""
    return SPAN * _sigmoid(alpha) + LEAST


def slope(alpha: float) -> float:
    """dp/dalpha = 0.999 sigmoid(alpha) (1 - sigmoid(alpha)); at most 0.24975, at 0."""
    return SPAN * _sigmoid(alpha) * _sigmoid(-alpha)


def probabilities(alphas: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    """Gate probabilities of every cell, in the order of ``alphas``."""
    return tuple(tuple(probability(alpha) for alpha in cell) for cell in alphas)


# --- two paths -------------------------------------------------------------------------------------


def log_joint(gates: Sequence[float], on: Sequence[bool]) -> float:
    """ln of prod p_j^g_j (1 - p_j)^(1 - g_j), g_j being ``on``: how likely that subset of a cell is. In
    logarithms because the product of a hundred gates leaves double precision."""
    return sum(log(p) if g else log(1 - p) for p, g in zip(gates, on, strict=True))


def joint(gates: Sequence[float], on: Sequence[bool]) -> float:
    return exp(log_joint(gates, on))


def share(log_a: float, log_b: float) -> float:
    """p_a = q_a / (q_a + q_b) from the logarithms of both; p_b is ``share(log_b, log_a)``."""
    return _sigmoid(log_a - log_b)


def share_slope(alphas: Sequence[float], a: Sequence[bool], b: Sequence[bool]) -> Floats:
    """dp_a/dalpha_j for every op of a cell, shape (ops,). Zero where a and b agree, because their q change by
    the same factor."""
    gates = [probability(alpha) for alpha in alphas]
    p_a = share(log_joint(gates, a), log_joint(gates, b))
    found = np.zeros(len(gates))
    for place, (alpha, p) in enumerate(zip(alphas, gates, strict=True)):
        if a[place] != b[place]:
            logit_slope = slope(alpha) / p + slope(alpha) / (1 - p)
            found[place] = p_a * (1 - p_a) * (logit_slope if a[place] else -logit_slope)
    return found


def gate_gradient(
    alphas: Sequence[float],
    a: Sequence[bool],
    b: Sequence[bool],
    *,
    along_a: float,
    along_b: float,
    cost_a: float = 0.0,
    cost_b: float = 0.0,
    penalty_slope: float = 0.0,
) -> Floats:
    """dL/dalpha of a cell, shape (ops,): (<g, y_a> - <g, y_b> + dR/dE (cost_a - cost_b)) dp_a/dalpha.

    ``along_a`` and ``along_b`` are the inner products of g = dCE/dy with the cell's two outputs,
    ``penalty_slope`` is dR/dE of the resource penalty R at the expected cost E of the whole path."""
    return (along_a - along_b + penalty_slope * (cost_a - cost_b)) * share_slope(alphas, a, b)


# --- resource penalty ------------------------------------------------------------------------------


def expected_cost(cells: Sequence[tuple[float, float, float]], fixed: float = 0.0) -> float:
    """``fixed`` (stem and tail) plus the sum over cells of p_a cost(a) + (1 - p_a) cost(b). A cell is
    (p_a, cost(a), cost(b)); one without a gate term has p_a = 1."""
    return fixed + sum(p_a * cost_a + (1 - p_a) * cost_b for p_a, cost_a, cost_b in cells)


def penalty(cost: float, target: float, weight: float) -> float:
    """w (E - target)^2, added to the cross-entropy of the gate step; ``weight`` per square of the cost's
    unit."""
    return weight * (cost - target) ** 2


def penalty_slope(cost: float, target: float, weight: float) -> float:
    """dR/dE = 2 w (E - target)."""
    return 2 * weight * (cost - target)


# --- pruning ---------------------------------------------------------------------------------------


def to_prune(
    kind: str,
    active: Sequence[int],
    alphas: Sequence[float],
    threshold: float | None,
    locked: Collection[int] = (),
) -> tuple[int, ...]:
    """The ops of one cell that leave the supernet, lowest alpha first, of equals the earlier in ``active``.

    An op goes when its alpha is below ``threshold`` (None: pruning is off), unless it is locked. In a cell
    that changes shape (``kind`` R or E) ops go one at a time and none once ``LEAST_REDUCING`` are left,
    locked ones counted; an N cell may become empty. ``alphas`` stand in the order of ``active``."""
    weak = [
        (alpha, place)
        for place, (op, alpha) in enumerate(zip(active, alphas, strict=True))
        if threshold is not None and alpha < threshold and op not in locked
    ]
    may_go = len(active) if kind == "N" else max(0, len(active) - LEAST_REDUCING)
    return tuple(active[place] for _, place in sorted(weak)[:may_go])
