"""Selection in NSE ("Evolving Search Space for Neural Architecture Search"): the non-dominated set of scored
paths in (cost low, value high). Guards, drawn just below the band, may dominate and are never kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from searchengine.core.pareto import Point, hypervolume, non_dominated

Path = tuple[tuple[int, ...], ...]
"""The ops of every cell, ascending; an empty cell vanishes."""


class Scored(NamedTuple):
    """A path with its ``cost`` (unit of the resource metric, low is good) and ``value`` (top-1, high is
    good).

    ``supernet`` is the round whose weights gave the value. ``number`` orders evaluations: the larger is the
    newer. ``guard`` marks a path from below the band."""

    path: Path
    cost: float
    value: float
    supernet: int
    number: int
    guard: bool = False

    @property
    def point(self) -> Point:
        return (self.cost, self.value)


def front(scored: Iterable[Scored]) -> tuple[Scored, ...]:
    """The members: what nothing in ``scored`` dominates, guards left out, in order of cost (of equals in
    order of path). The order of ``scored`` does not matter. O(n log n).

    A path that stands several times, its ops in any order, counts once, with its newest evaluation; it is a
    guard only if it stands as a guard alone. Of members with equal cost and value the newest stays, or all of
    the newest ``number``. An equal guard dominates nobody.

    Raises ``ValueError`` when values come from several supernets, which cannot be compared (an old member is
    scored again or left out), and when one evaluation gives a path two scores."""
    merged = _merged(scored)
    members: list[Scored] = []
    for place in non_dominated([one.point for one in merged]):
        one = merged[place]
        if one.guard:
            continue
        if members and members[-1].point == one.point:
            if one.number < members[-1].number:
                continue
            if one.number > members[-1].number:
                while members and members[-1].point == one.point:
                    members.pop()
        members.append(one)
    return tuple(members)


def best_within(members: Sequence[Scored], most_cost: float) -> Scored | None:
    """The best member of a front that costs at most ``most_cost``; None where all cost more. ``members`` as
    :func:`front` gives them. O(log n)."""
    place = bisect_right(members, most_cost, key=lambda one: one.cost)
    return members[place - 1] if place else None


def volume(members: Iterable[Scored], reference: Point) -> float:
    """Hypervolume of members to ``reference`` (highest cost, lowest value), in cost times value. Guards do
    not count."""
    return hypervolume([one.point for one in members if not one.guard], reference)


def _merged(scored: Iterable[Scored]) -> list[Scored]:
    """Every path once, in order of path."""
    newest: dict[Path, Scored] = {}
    points: dict[tuple[Path, int], Point] = {}
    supernets: set[int] = set()
    for entry in scored:
        one = entry._replace(path=tuple(tuple(sorted(ops)) for ops in entry.path))
        supernets.add(one.supernet)
        if points.setdefault((one.path, one.number), one.point) != one.point:
            raise ValueError(
                f"expected one score of a path in evaluation {one.number}, got "
                f"{points[one.path, one.number]} and {one.point}"
            )
        held = newest.setdefault(one.path, one)
        latest = one if one.number > held.number else held
        newest[one.path] = latest._replace(guard=held.guard and one.guard)
    if len(supernets) > 1:
        raise ValueError(
            f"expected the scores of one supernet, got those of rounds {sorted(supernets)}; "
            "score old members again before they compete"
        )
    return [newest[path] for path in sorted(newest)]
