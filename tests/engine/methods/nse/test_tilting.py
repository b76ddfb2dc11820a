"""Draws by the gates given a range of costs that they hardly reach by themselves."""

from itertools import product
from math import prod, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.methods.nse.candidates import Band, CellCosts, candidates, guards
from searchengine.methods.nse.sampling import masks, subsets
from searchengine.methods.nse.tilting import tilt

CELLS = "NRN"
ACTIVE = ((0, 1), (2, 3, 4), (5, 6))
ROWS = [[10.0, 25.0], [5.0, 15.0, 30.0], [8.0, 40.0]]
FIXED = 100.0
OPEN = [[0.9, 0.8], [0.85, 0.9, 0.95], [0.9, 0.97]]
SHUT = [[0.05, 0.1], [0.04, 0.2, 0.03], [0.1, 0.02]]


def shares(gates, low, high, mode):
    """Every path with a cost from ``low`` to ``high`` and how likely the gates make it among those, from the
    text alone."""
    weights = {}
    kinds = [subsets(kind, len(row), mode) for kind, row in zip(CELLS, ROWS, strict=True)]
    for path in product(*kinds):
        cost = FIXED + sum(
            sum(c for c, on in zip(row, cell, strict=True) if on)
            for row, cell in zip(ROWS, path, strict=True)
        )
        if low <= cost <= high:
            named = tuple(
                tuple(op for op, on in zip(ops, cell, strict=True) if on)
                for ops, cell in zip(ACTIVE, path, strict=True)
            )
            weights[named] = prod(
                p if on else 1 - p
                for row, cell in zip(gates, path, strict=True)
                for p, on in zip(row, cell, strict=True)
            )
    total = sum(weights.values())
    return {path: weight / total for path, weight in weights.items()}


@pytest.mark.parametrize("mode", ["multi", "single"])
@pytest.mark.parametrize(("gates", "low", "high"), [(OPEN, 105, 140), (SHUT, 150, 190), (OPEN, 110, 185)])
def test_paths_in_the_band_come_up_as_the_gates_say_given_the_band(gates, low, high, mode):
    expected = shares(gates, low, high, mode)
    rng, draws = np.random.default_rng(4), 6000
    counts = dict.fromkeys(expected, 0)
    for _ in range(draws):
        (one,) = candidates(
            CELLS, ACTIVE, gates, CellCosts(ROWS, FIXED), Band(low, high), 1, rng, mode=mode
        ).found
        counts[one.path] += 1
    for path, share in expected.items():
        assert abs(counts[path] - draws * share) <= 4 * sqrt(draws * share * (1 - share)) + 1, path


def test_a_band_that_open_gates_never_reach_is_drawn_from():
    """Twenty cells with every gate open: not one of a hundred thousand plain draws lies in the band."""
    cells, active = "R" * 20, ((0, 1, 2, 3),) * 20
    gates, costs = [[0.99] * 4] * 20, CellCosts([[10, 20, 30, 40]] * 20, fixed=0)
    band = Band(400, 450)
    plain = masks(cells, gates, 100_000, np.random.default_rng(0))
    reached = sum((on * np.array([10, 20, 30, 40])).sum(axis=1) for on in plain)
    assert reached.min() > band.high
    draw = candidates(cells, active, gates, costs, band, 40, np.random.default_rng(0))
    assert (len(draw.found), draw.missing) == (40, 0)
    assert draw.tries < 20_000
    below = guards(cells, active, gates, costs, band, 20, 10, np.random.default_rng(0))
    assert (len(below.found), all(380 <= one.cost < 400 for one in below.found)) == (10, True)


@settings(max_examples=100, deadline=None)
@given(
    low=st.integers(0, 400),
    width=st.integers(0, 60),
    gates=st.lists(st.floats(0.0005, 0.9995), min_size=7, max_size=7),
    mode=st.sampled_from(["multi", "single"]),
)
def test_the_mean_cost_comes_into_the_range_where_it_can(low, width, gates, mode):
    rows = [np.array(row) for row in ROWS]
    cut = [gates[:2], gates[2:5], gates[5:]]
    costs = CellCosts(ROWS, FIXED)
    found = tilt(CELLS, cut, rows, FIXED, low, low + width, mode)
    drawn = masks(CELLS, cut, 4000, np.random.default_rng(1), mode=mode, shifts=found.shifts(rows))
    sums = costs.fixed + sum((on * row).sum(axis=1) for on, row in zip(drawn, rows, strict=True))
    legal = shares(cut, 0, 1e9, mode)
    reach = [
        FIXED
        + sum(row[ops.index(op)] for row, ops, cell in zip(ROWS, ACTIVE, path, strict=True) for op in cell)
        for path in legal
    ]
    nearest = min(max(low, min(reach)), max(reach)), min(max(low + width, min(reach)), max(reach))
    slack = 4 * sums.std() / sqrt(len(sums)) + 1e-6 + 0.05 * (max(reach) - min(reach))
    assert nearest[0] - slack <= sums.mean() <= nearest[1] + slack


def test_gates_whose_mean_lies_in_the_range_are_left_alone():
    rows = [np.array(row) for row in ROWS]
    found = tilt(CELLS, OPEN, rows, FIXED, 100, 400)
    assert found.strength == 0
    assert found.shifts(rows) is None
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    assert found.accepted(np.array([120.0, 300.0]), rng).all()
    assert rng.bit_generator.state == before, "no number is drawn for it"
