"""Two objectives at once: a cost to be low and a value to be high.

A point dominates another when it costs at most as much and is worth at least as much, and is strictly better
in one of the two. Equal points do not dominate each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

Point = tuple[float, float]
"""(cost, value)."""


def dominates(one: Point, other: Point) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other


def non_dominated(points: Sequence[Point]) -> list[int]:
    """Places of the points that no other dominates, in order of cost, of equal points in order of place.

    Equal points stay together, so values rise along the front but for those. O(n log n). Raises
    ``ValueError`` when a number is not finite."""
    for cost, value in points:
        if not (isfinite(cost) and isfinite(value)):
            raise ValueError(f"expected finite costs and values, got the point ({cost}, {value})")
    front: list[int] = []
    best, best_cost = -inf, inf
    for place in sorted(range(len(points)), key=lambda one: (points[one][0], -points[one][1], one)):
        cost, value = points[place]
        if value > best or (value == best and cost == best_cost):
            front.append(place)
            best, best_cost = value, cost
    return front


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """The area that ``points`` dominate up to ``reference`` (the highest cost and the lowest value that
    count), in units of cost times value; 0 when no point is better than it in both. O(n log n).

    Zitzler and Thiele 1999, "Multiobjective evolutionary algorithms", for two objectives. Raises
    ``ValueError`` when a number is not finite."""
    most, floor = reference
    if not (isfinite(most) and isfinite(floor)):
        raise ValueError(f"expected a finite reference, got ({most}, {floor})")
    area = 0.0
    for place in non_dominated(points):
        cost, value = points[place]
        if cost < most and value > floor:
            area += (most - cost) * (value - floor)
            floor = value
    return area
