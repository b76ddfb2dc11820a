"""The space record: which ops of the pool every cell has in the supernet, and how that subset evolves; what
gives "Evolving Search Space for Neural Architecture Search" (NSE) its name.

Per cell an op is in one of four places: *active* (in the supernet; the *locked* ones, kept from the last
front, come first), *pending* (not tried yet, in order), *dropped* (tried, left the supernet) or *untried*
(pending when its pool was over). A round ends with :func:`lock`, the union of the front's ops; the next
begins with :func:`refill`. Weights and gates never go over: every round trains anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Ops = tuple[int, ...]
"""Ids of ops of one cell."""
Cells = tuple[Ops, ...]
"""Ops of every cell; a path is one of these, its ops ascending."""
KINDS = "NRE"
"""N keeps the shape and may be empty; R (stride 2) and E change it and need an op."""

Standstill = Literal["stalled", "exhausted"]


@dataclass(frozen=True)
class Space:
    """``cells`` is the string of cell kinds; ops are numbered from 0 to ``pool`` - 1; ``size`` is K, the ops
    of a cell in the supernet, which only a larger locked set exceeds. ``round`` counts from 1 to ``rounds``.

    Raises ``ValueError`` when the record contradicts itself, see :func:`check`."""

    cells: str
    pool: int
    size: int
    round: int
    rounds: int
    locked: Cells
    active: Cells
    pending: Cells
    dropped: Cells
    untried: Cells

    def __post_init__(self) -> None:
        check(self)

    @property
    def is_locked(self) -> bool:
        """Whether every cell holds its locked ops alone: the round is over and nothing was refilled yet."""
        return self.active == self.locked

    def fits(self, path: Cells) -> bool:
        """Whether the supernet holds every op of ``path``: only then can it be scored."""
        return len(path) == len(self.cells) and all(
            set(ops) <= set(active) for ops, active in zip(path, self.active, strict=True)
        )

    @property
    def never_tried(self) -> Cells:
        """Ops of every cell that no supernet held so far."""
        return _plus(self.untried, self.pending)


def check(space: Space) -> None:
    """Raises ``ValueError`` with cell and reason when a record breaks an invariant: every op of the pool in
    exactly one of active, pending, dropped and untried; locked ops first in active; at most K active unless
    the locked ones alone are more; an op in every R and E cell."""
    if not space.cells or set(space.cells) - set(KINDS):
        raise ValueError(f"expected a string over {KINDS}, got the cells {space.cells!r}")
    if space.pool < 1 or space.size < 2 or not 1 <= space.round <= space.rounds:
        raise ValueError(
            f"expected a pool of at least 1 op, K of at least 2 and a round from 1 to {space.rounds}, got a "
            f"pool of {space.pool}, K = {space.size}, round {space.round}"
        )
    for name in ("locked", "active", "pending", "dropped", "untried"):
        if len(getattr(space, name)) != len(space.cells):
            raise ValueError(f"expected {len(space.cells)} {name} sets, got {len(getattr(space, name))}")
    for cell, kind in enumerate(space.cells):
        locked, active = space.locked[cell], space.active[cell]
        placed = active + space.pending[cell] + space.dropped[cell] + space.untried[cell]
        where = f"cell {cell} ({kind})"
        unknown = sorted(set(placed) - set(range(space.pool)))
        if unknown:
            raise ValueError(f"{where}: expected ops from 0 to {space.pool - 1}, got {unknown}")
        twice = sorted(op for op, count in Counter(placed).items() if count > 1)
        if twice:
            raise ValueError(
                f"{where}: ops {twice} stand twice among active, pending, dropped and untried ones"
            )
        missing = sorted(set(range(space.pool)) - set(placed))
        if missing:
            raise ValueError(f"{where}: ops {missing} are neither active, pending, dropped nor untried")
        if active[: len(locked)] != locked:
            raise ValueError(f"{where}: expected the locked ops {locked} first, got the active ops {active}")
        if len(active) > max(space.size, len(locked)):
            raise ValueError(
                f"{where}: expected at most {space.size} active ops or the {len(locked)} locked ones, "
                f"got {len(active)}"
            )
        if kind != "N" and not active:
            raise ValueError(f"{where}: a cell that changes shape needs an active op")


# --- beginning -------------------------------------------------------------------------------------


def most_rounds(pool: int, size: int) -> int:
    """Rounds until a pool is through: floor((pool - 1) / (K - 1)), at least 1.

    It assumes that one op a cell is kept, so that K - 1 enter a round. Where more are kept, or the division
    leaves a rest, some ops are never tried; :func:`left_over` counts them. Raises ``ValueError`` for K
    below 2."""
    if size < 2 or pool < 1:
        raise ValueError(f"expected K of at least 2 and a pool of at least 1 op, got K = {size}, pool {pool}")
    return max(1, (pool - 1) // (size - 1))


def first_space(cells: str, pool: int, size: int, rounds: int, rng: np.random.Generator) -> Space:
    """The first round's record: the pool in an independent random order for every cell, the first K active,
    the rest pending."""
    orders = [_shuffled(range(pool), rng) for _ in cells]
    nothing: Cells = ((),) * len(cells)
    return Space(
        cells,
        pool,
        size,
        1,
        rounds,
        locked=nothing,
        active=tuple(order[:size] for order in orders),
        pending=tuple(order[size:] for order in orders),
        dropped=nothing,
        untried=nothing,
    )


def second_pool(
    finished: Space,
    pool: int,
    rounds: int,
    rng: np.random.Generator,
    size: int | None = None,
    capped_by: Sequence[Cells] = (),
) -> Space:
    """The first round's record of a search that goes on with a larger pool: locked sets as ``finished``
    (a locked record) holds them, the new ids alone pending, in an independent random order for every cell,
    refilled to K (that of ``finished`` unless ``size`` is given). With ``capped_by``, the paths whose ops are
    locked, a cell keeps at most K - 1 of them as :func:`lock` would.

    What was still pending becomes untried. Raises ``ValueError`` when ``finished`` is not locked or ``pool``
    has no new op."""
    _need_locked(finished)
    if pool <= finished.pool:
        raise ValueError(f"expected a pool of more than {finished.pool} ops, got {pool}")
    opened = replace(
        finished,
        pool=pool,
        size=finished.size if size is None else size,
        round=1,
        rounds=rounds,
        pending=tuple(_shuffled(range(finished.pool, pool), rng) for _ in finished.cells),
        untried=finished.never_tried,
    )
    if capped_by:
        opened = lock(opened, capped_by, [0.0] * len(capped_by), cap=True)
    return _filled(opened)


# --- a round ---------------------------------------------------------------------------------------


def without(space: Space, pruned: Cells, *, lock: bool = True) -> Space:
    """The record after ``pruned`` ops of every cell left the supernet. They count as dropped.

    Raises ``ValueError`` when one is not active, or is locked while ``lock`` is on; with ``lock`` off it
    loses its lock."""
    for cell, ops in enumerate(pruned):
        if set(ops) - set(space.active[cell]):
            raise ValueError(f"cell {cell}: expected some of {space.active[cell]} to leave, got {ops}")
        if lock and set(ops) & set(space.locked[cell]):
            raise ValueError(f"cell {cell}: {ops} cannot leave, {space.locked[cell]} are locked")
    return replace(
        space,
        locked=_minus(space.locked, pruned),
        active=_minus(space.active, pruned),
        dropped=_plus(space.dropped, pruned),
    )


def union(paths: Sequence[Cells]) -> Cells:
    """The ops of every cell that at least one of ``paths`` uses, ascending. Raises ``ValueError`` when there
    is no path."""
    if not paths:
        raise ValueError("expected the paths of a front, got none")
    return tuple(tuple(sorted({op for ops in cell for op in ops})) for cell in zip(*paths, strict=True))


def lock(space: Space, paths: Sequence[Cells], values: Sequence[float], *, cap: bool) -> Space:
    """The record at the end of a round: locked and active is what the front's ``paths`` use, the other active
    ops are dropped.

    With ``cap`` a cell with pending ops locks at most K - 1, so that one can enter: those that most members
    use, of equals those whose best user is the best (``values``: a member's value, high is good), then the
    earlier in active. A member that loses an op to the cap no longer :meth:`Space.fits`.

    Raises ``ValueError`` when there is no path or one does not fit."""
    members = list(zip(paths, values, strict=True))
    wanted = union(paths)
    for path in paths:
        if not space.fits(path):
            raise ValueError(f"expected members made of active ops, got {path} with {space.active}")
    locked = tuple(
        _most_used(space, cell, members) if cap and space.pending[cell] else ops
        for cell, ops in enumerate(wanted)
    )
    return replace(
        space, locked=locked, active=locked, dropped=_plus(space.dropped, _minus(space.active, locked))
    )


def entrants(space: Space) -> Cells:
    """The ops that the next refill lets in: the first max(0, K - locked) pending ones of every cell."""
    return tuple(
        pending[: max(0, space.size - len(locked))]
        for locked, pending in zip(space.locked, space.pending, strict=True)
    )


def refill(space: Space) -> Space:
    """The next round's record: every cell filled up to K from its pending ops in order. A locked set larger
    than K stays whole; what was dropped never comes back.

    Raises ``ValueError`` when the round was not locked or was the last."""
    _need_locked(space)
    if space.round == space.rounds:
        raise ValueError(f"round {space.round} of {space.rounds} was the last")
    return _filled(replace(space, round=space.round + 1))


# --- looking ahead ---------------------------------------------------------------------------------


def standstill(space: Space) -> Standstill | None:
    """Whether every later round repeats this locked record, because no op can enter: *stalled* when ops are
    pending and every slot they wait for is locked, *exhausted* when none is pending. None while the subset
    still evolves. A stall is no convergence: see :attr:`Space.never_tried`."""
    if any(entrants(space)):
        return None
    return "stalled" if any(space.pending) else "exhausted"


def left_over(space: Space) -> tuple[int, ...]:
    """Pending ops of every cell that stay untried to the last round if as many are locked as now, and at
    least one, which is what :func:`most_rounds` assumes."""
    refills = space.rounds - space.round
    return tuple(
        max(0, len(pending) - refills * max(0, space.size - max(1, len(locked))))
        for locked, pending in zip(space.locked, space.pending, strict=True)
    )


def _most_used(space: Space, cell: int, members: Sequence[tuple[Cells, float]]) -> Ops:
    """At most K - 1 of the ops that members use in a cell, ascending."""
    users = {op: [value for path, value in members if op in path[cell]] for op in space.active[cell]}
    used = [op for op in space.active[cell] if users[op]]
    ranked = sorted(used, key=lambda op: (-len(users[op]), -max(users[op])))
    return tuple(sorted(ranked[: space.size - 1]))


def _need_locked(space: Space) -> None:
    if not space.is_locked:
        raise ValueError(f"expected a record whose round {space.round} was locked: lock it first")


def _filled(space: Space) -> Space:
    entering = entrants(space)
    return replace(space, active=_plus(space.locked, entering), pending=_minus(space.pending, entering))


def _shuffled(ops: Sequence[int], rng: np.random.Generator) -> Ops:
    return tuple(int(op) for op in rng.permutation(np.asarray(ops)))


def _plus(one: Cells, other: Cells) -> Cells:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _minus(one: Cells, other: Cells) -> Cells:
    return tuple(tuple(op for op in a if op not in b) for a, b in zip(one, other, strict=True))
