"""What a search begins with that goes on from another's result: the operations kept there, the front found
there, and a larger pool that begins with that one's.

Given are genomes as they are stored: paths of the front, the space of a round, or both. Paths say which
operations are kept (their union); a space alone, those that were locked when its round began.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from searchengine.core.errors import InvalidGenome
from searchengine.core.jsontext import Json
from searchengine.methods.nse.genome import Genome, PathGenome, SpaceGenome, parse
from searchengine.methods.nse.ops import POOLS
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.methods.nse.subset import Cells, Space, lock, second_pool, union, without

_FIXED = ("cells", "channels", "stem_stride", "tail", "tail_norm")


class Start(NamedTuple):
    """``finished``: the locked record over the pool of the search that this one goes on from; ``paths``: its
    front, distinct, in the order given, maybe none."""

    finished: Space
    paths: tuple[Cells, ...]

    def begun(self, pool: int, size: int, rounds: int, cap: bool, rng: np.random.Generator) -> Space:
        """The first round's record: the kept operations locked, of the ``pool`` the new ones alone pending.
        ``cap``: a cell keeps at most K - 1, those that most paths use; without paths nothing says which, and
        all stay."""
        return second_pool(self.finished, pool, rounds, rng, size, capped_by=self.paths if cap else ())


def genomes_from_text(value: Any) -> list[Any]:
    """For a parameter that is a list of genomes: the JSON of one, a list of them, or several one after
    another, as text or as values. Raises ``ValueError`` in words."""
    if isinstance(value, str):
        value = _decoded(value)
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"expected genomes as they are stored, JSON, got {str(value)[:40]!r}")
    return value


def read(genomes: Sequence[Json], skeleton: Skeleton, *, single: bool) -> Start | None:
    """What ``genomes`` say to a search over ``skeleton``; None where there are none. ``single``: a cell holds
    one operation at most. Raises ``ValueError`` in words when one is no genome, has another skeleton, a pool
    that this one does not begin with, or contradicts another."""
    if not genomes:
        return None
    found = [_genome(number, value, skeleton) for number, value in enumerate(genomes, start=1)]
    if len({genome.skeleton.pool for genome in found}) > 1:
        raise ValueError("the genomes are of different pools; give those of one search")
    spaces = [genome.space for genome in found if isinstance(genome, SpaceGenome)]
    paths = tuple(dict.fromkeys(genome.path for genome in found if isinstance(genome, PathGenome)))
    if len(spaces) > 1:
        raise ValueError(f"{len(spaces)} of the genomes are spaces; give that of the last round alone")
    if single and any(len(ops) > 1 for path in paths for ops in path):
        raise ValueError("a path has several operations in a cell, and branches is single")
    if not spaces:
        return Start(_of_paths(paths, skeleton, len(found[0].skeleton.ops)), paths)
    (space,) = spaces
    return Start(_of_space(space, paths), paths)


def _decoded(text: str) -> Any:
    """One JSON value, or a list of those that follow each other, with or without commas."""
    decoder, at, values = json.JSONDecoder(), 0, []
    text = text.strip()
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError as error:
            raise ValueError(
                f"expected genomes as they are stored, JSON, got {text[:40]!r}: {error}"
            ) from None
        values.append(value)
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
    return values[0] if len(values) == 1 else values


def _genome(number: int, value: Json, skeleton: Skeleton) -> Genome:
    try:
        genome = parse(value)
    except InvalidGenome as error:
        raise ValueError(f"genome {number}: {error}") from None
    for name in _FIXED:
        its, here = getattr(genome.skeleton, name), getattr(skeleton, name)
        if its != here:
            raise ValueError(
                f"genome {number} has the {name} {_said(its)}, this search {_said(here)}; both searches need"
                " the same skeleton"
            )
    pool, whole = genome.skeleton.pool, POOLS[skeleton.pool]
    held = POOLS[pool]
    if len(held) >= len(whole) or whole[: len(held)] != held:
        larger = [name for name, ops in POOLS.items() if len(ops) > len(held) and ops[: len(held)] == held]
        advice = f"set pool to {' or '.join(larger)}" if larger else "no pool goes on from it"
        raise ValueError(
            f"genome {number} is of {pool}, and {skeleton.pool} is no larger pool that begins with it;"
            f" {advice}"
        )
    return genome


def _of_paths(paths: Sequence[Cells], skeleton: Skeleton, pool: int) -> Space:
    # Which of the others were tried is not known: none of them comes again, so they count as dropped.
    kept = union(paths)
    rest = tuple(tuple(op for op in range(pool) if op not in ops) for ops in kept)
    nothing: Cells = ((),) * len(kept)
    return Space(
        skeleton.cells,
        pool,
        2,
        1,
        1,
        locked=kept,
        active=kept,
        pending=nothing,
        dropped=rest,
        untried=nothing,
    )


def _of_space(space: Space, paths: Sequence[Cells]) -> Space:
    if paths:
        for number, path in enumerate(paths, start=1):
            if not space.fits(path):
                raise ValueError(
                    f"path {number} has an operation that the space of round {space.round} does not hold in"
                    " its supernet; give the front that this round ended with"
                )
        return lock(space, paths, [0.0] * len(paths), cap=False)
    bare = [cell for cell, ops in enumerate(space.locked) if not ops and space.cells[cell] != "N"]
    if bare:
        raise ValueError(
            f"the space of round {space.round} has no operation kept in cell {bare[0]}; give the paths of the"
            " front, or the space of a later round"
        )
    left = tuple(
        tuple(op for op in active if op not in locked)
        for active, locked in zip(space.active, space.locked, strict=True)
    )
    return without(space, left)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
