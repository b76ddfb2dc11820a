"""The space record as JSON: the ``space`` part of a stored record. Cell string, pool and K stand in the
skeleton beside it."""

from __future__ import annotations

from typing import Any

from searchengine.core.errors import InvalidGenome
from searchengine.core.genes import object_with, whole
from searchengine.core.jsontext import Json
from searchengine.methods.nse.subset import Cells, Ops, Space

_SETS = ("locked", "active", "pending", "dropped")
_MOST_ROUNDS = 10_000


def to_json(space: Space) -> Json:
    """``{"round": 2, "rounds_total": 4, "locked": [[0], ...], ...}``; ``untried`` only where there is one."""
    sets = (*_SETS, "untried") if any(space.untried) else _SETS
    return {
        "round": space.round,
        "rounds_total": space.rounds,
        **{name: [list(ops) for ops in getattr(space, name)] for name in sets},
    }


def from_json(value: Any, cells: str, pool: int, size: int) -> Space:
    """The record of :func:`to_json`. Raises ``InvalidGenome`` when it is none, or breaks an invariant."""
    optional = ("untried",) if isinstance(value, dict) and "untried" in value else ()
    found = object_with(value, "space", ("round", "rounds_total", *_SETS, *optional))
    rounds = whole(found["rounds_total"], 1, _MOST_ROUNDS, "space.rounds_total")
    sets = {name: _cells(found[name], pool, f"space.{name}") for name in (*_SETS, *optional)}
    sets.setdefault("untried", ((),) * len(cells))
    number = whole(found["round"], 1, rounds, "space.round")
    try:
        return Space(cells, pool, size, number, rounds, **sets)
    except ValueError as error:
        raise InvalidGenome(f"space: {error}") from error


def _cells(value: Any, pool: int, name: str) -> Cells:
    return tuple(_ops(ops, pool, f"{name}[{cell}]") for cell, ops in enumerate(_list(value, name)))


def _ops(value: Any, pool: int, name: str) -> Ops:
    return tuple(whole(op, 0, pool - 1, name) for op in _list(value, name))


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidGenome(f"{name}: expected a list, got {value!r:.60}")
    return value
