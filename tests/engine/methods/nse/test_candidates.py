"""Candidates inside the band and guards below it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.methods.nse.candidates import Band, CellCosts, candidates, guards

CELLS = "NRNEN"
ACTIVE = ((3, 0, 1), (2, 4), (), (1,), (0, 2, 5))
GATES = [[0.5, 0.5, 0.5], [0.5, 0.5], [], [0.5], [0.5, 0.5, 0.5]]
COSTS = CellCosts([[10, 20, 40], [15, 30], [], [5], [7, 11, 13]], fixed=100)
PATHS = 8 * 3 * 1 * 1 * 8
"""How many paths there are in all."""


def cost_of(path):
    total = COSTS.fixed
    for ops, active, costs in zip(path, ACTIVE, COSTS.ops, strict=True):
        total += sum(costs[active.index(op)] for op in ops)
    return total


def everything(most_tries=6000, **kwargs):
    rng = np.random.default_rng(2)
    return candidates(CELLS, ACTIVE, GATES, COSTS, Band(0, 1000), PATHS, rng, most_tries=most_tries, **kwargs)


@settings(max_examples=40, deadline=None)
@given(low=st.integers(90, 250), width=st.integers(0, 60), seed=st.integers(0, 1000))
def test_candidates_are_distinct_and_in_the_band_and_guards_just_below(low, width, seed):
    rng, band = np.random.default_rng(seed), Band(low, low + width)
    inside = candidates(CELLS, ACTIVE, GATES, COSTS, band, 20, rng, most_tries=3000)
    below = guards(CELLS, ACTIVE, GATES, COSTS, band, 15, 10, rng, most_tries=3000)
    assert all(low <= one.cost <= low + width for one in inside.found)
    assert all(low - 15 <= one.cost < low for one in below.found)
    for draw in (inside, below):
        paths = [one.path for one in draw.found]
        assert len(set(paths)) == len(paths)
        assert all(one.cost == cost_of(one.path) for one in draw.found)
        assert draw.missing == draw.wanted - len(paths)
        assert draw.tries == len(paths) + draw.outside + draw.thinned + draw.repeated


def test_the_ends_of_the_band():
    """The lowest path costs 120; the band counts both ends in, the guards their lower end alone."""
    rng = np.random.default_rng(0)
    costs = {one.cost for one in everything().found}
    assert min(costs) == 120
    found = candidates(CELLS, ACTIVE, GATES, COSTS, Band(130, 135), 50, rng).found
    assert {one.cost for one in found} == {cost for cost in costs if 130 <= cost <= 135} >= {130, 135}
    found = guards(CELLS, ACTIVE, GATES, COSTS, Band(135, 200), 5, 50, rng).found
    assert {one.cost for one in found} == {cost for cost in costs if 130 <= cost < 135}
    assert 130 in {one.cost for one in found}


def test_every_path_is_reached_once_and_known_ones_never():
    draw = everything()
    assert len(draw.found) == PATHS
    assert draw.missing == 0
    known = {one.path for one in draw.found[:100]}
    again = everything(known=known.__contains__)
    assert len(again.found) == PATHS - 100
    assert not {one.path for one in again.found} & known


def test_too_few_paths_end_the_draw_with_an_honest_count():
    draw = everything(known=lambda path: True, most_tries=None)
    assert (draw.found, draw.missing) == ((), PATHS)
    assert draw.tries == max(50_000, 500 * PATHS) == draw.repeated
    draw = candidates(
        CELLS, ACTIVE, GATES, COSTS, Band(900, 1000), 5, np.random.default_rng(0), most_tries=1500
    )
    assert (draw.missing, draw.tries, draw.outside) == (5, 1500, 1500)
    assert draw.sentence == (
        "0 of 5 paths with a cost from 900 to 1000 found in 1500 draws; 1500 had another cost, "
        "0 were thinned out, 0 were known"
    )
    below = guards(CELLS, ACTIVE, GATES, COSTS, Band(50, 60), 10, 5, np.random.default_rng(0), most_tries=10)
    assert "a cost from 40 to below 50" in below.sentence


def test_no_draw_is_made_for_nothing():
    draw = candidates(CELLS, ACTIVE, GATES, COSTS, Band(0, 1000), 0, np.random.default_rng(0))
    assert (draw.found, draw.tries) == ((), 0)


def test_gates_steer_what_is_drawn():
    shut = [[0.0005] * len(ops) for ops in ACTIVE]
    open_ = [[0.9995] * len(ops) for ops in ACTIVE]
    wide = Band(0, 1000)
    cheapest = candidates(CELLS, ACTIVE, shut, COSTS, wide, 1, np.random.default_rng(0)).found[0]
    dearest = candidates(CELLS, ACTIVE, open_, COSTS, wide, 1, np.random.default_rng(0)).found[0]
    assert [len(ops) for ops in cheapest.path] == [0, 1, 0, 1, 0]
    assert dearest.path == ((0, 1, 3), (2, 4), (), (1,), (0, 2, 5))


def test_single_branch_candidates_hold_one_op_a_cell():
    draw = everything(mode="single")
    assert len(draw.found) == 4 * 2 * 1 * 1 * 4
    assert all(len(ops) <= 1 for one in draw.found for ops in one.path)


def test_macs_beyond_32_bits_are_summed_exactly():
    costs = CellCosts([[2**40 + 1, 2**40 + 2]], fixed=2**41 + 3)
    draw = candidates("N", ((0, 1),), [[0.9995, 0.9995]], costs, Band(0, 2**50), 1, np.random.default_rng(0))
    assert draw.found[0].cost == 2**42 + 6


@pytest.mark.parametrize("band", [Band(2, 1), Band(float("nan"), 1), Band(1, float("inf"))])
def test_a_band_that_is_none_is_refused(band):
    with pytest.raises(ValueError, match="band"):
        candidates(CELLS, ACTIVE, GATES, COSTS, band, 1, np.random.default_rng(0))


def test_numbers_that_do_not_fit_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="width"):
        guards(CELLS, ACTIVE, GATES, COSTS, Band(1, 2), 0, 1, rng)
    with pytest.raises(ValueError, match="cost of every active op"):
        candidates(CELLS, ACTIVE, GATES, CellCosts([[1]], 0), Band(1, 2), 1, rng)
    with pytest.raises(ValueError, match="gate of every active op"):
        candidates(CELLS, ACTIVE, GATES[::-1], COSTS, Band(1, 2), 1, rng)
