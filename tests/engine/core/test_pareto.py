"""Dominance in cost and value, against the definition by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.core.pareto import dominates, hypervolume, non_dominated

COORDINATES = st.integers(0, 8).map(float)
POINTS = st.lists(st.tuples(COORDINATES, COORDINATES), max_size=25)


@given(points=POINTS)
def test_the_front_is_what_nothing_dominates(points):
    expected = {
        place for place, point in enumerate(points) if not any(dominates(other, point) for other in points)
    }
    found = non_dominated(points)
    assert set(found) == expected
    assert len(found) == len(expected)
    assert [points[place] for place in found] == sorted(points[place] for place in found)


def test_equal_points_stay_together_and_the_cheaper_of_equal_values_wins():
    points = [(3.0, 0.5), (1.0, 0.5), (2.0, 0.9), (1.0, 0.5), (2.0, 0.4)]
    assert non_dominated(points) == [1, 3, 2]


def test_of_equal_costs_the_higher_value_wins():
    assert non_dominated([(1.0, 0.2), (1.0, 0.3), (1.0, 0.1)]) == [1]


@given(points=POINTS)
def test_hypervolume_is_the_area_of_unit_cells_dominated(points):
    reference = (7.0, 1.0)
    area = sum(
        any(cost <= column and value >= row + 1 for cost, value in points)
        for column in range(7)
        for row in range(1, 8)
    )
    assert hypervolume(points, reference) == area


@given(points=POINTS, extra=st.tuples(COORDINATES, COORDINATES))
def test_another_point_never_takes_hypervolume_away(points, extra):
    assert hypervolume([*points, extra], (9.0, 0.0)) >= hypervolume(points, (9.0, 0.0))


def test_hypervolume_of_a_staircase():
    assert hypervolume([(10.0, 1.0), (20.0, 3.0), (30.0, 2.0)], (40.0, 0.0)) == 30 * 1 + 20 * 2
    assert hypervolume([(50.0, 9.0)], (40.0, 0.0)) == 0
    assert hypervolume([(40.0, 9.0), (1.0, 0.0)], (40.0, 0.0)) == 0
    assert hypervolume([], (40.0, 0.0)) == 0


@pytest.mark.parametrize("bad", [(float("nan"), 1.0), (1.0, float("inf"))])
def test_numbers_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        non_dominated([(1.0, 1.0), bad])
    with pytest.raises(ValueError, match="finite"):
        hypervolume([(1.0, 1.0)], bad)


def test_work_does_not_grow_with_the_square_of_points():
    """Comparisons are counted, not seconds: a quadratic front would need 10^8 of them."""

    class Counted(float):
        compared = 0

        def __lt__(self, other):
            Counted.compared += 1
            return float(self) < float(other)

        def __gt__(self, other):
            Counted.compared += 1
            return float(self) > float(other)

    count = 10_000
    order = np.random.default_rng(0).permutation(count)
    points = [(float(place), Counted(place)) for place in order]
    assert len(non_dominated(points)) == count
    assert Counted.compared < 40 * count
