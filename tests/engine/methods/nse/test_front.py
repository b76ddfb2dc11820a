"""Selection: front with guards, ties, the slider, and rehearsal under an exact scorer."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.core.pareto import dominates
from searchengine.methods.nse.candidates import Band, CellCosts, candidates, guards
from searchengine.methods.nse.front import Scored, best_within, front, volume
from searchengine.methods.nse.subset import first_space, lock, refill, union


def one(name, cost, value, *, number=0, guard=False, supernet=1):
    return Scored(((name,),), float(cost), float(value), supernet, number, guard)


@st.composite
def scored(draw, most=14):
    names = draw(st.lists(st.integers(0, 40), unique=True, max_size=most))
    return [
        one(
            name,
            draw(st.integers(0, 6)),
            draw(st.integers(0, 6)),
            number=draw(st.integers(0, 3)),
            guard=draw(st.booleans()),
        )
        for name in names
    ]


@given(entries=scored())
def test_members_are_no_guards_and_nothing_dominates_them(entries):
    members = front(entries)
    points = [entry.point for entry in entries]
    assert not any(member.guard for member in members)
    assert not any(dominates(point, member.point) for member in members for point in points)
    left = {
        entry.point
        for entry in entries
        if not entry.guard and not any(dominates(point, entry.point) for point in points)
    }
    assert {member.point for member in members} == left


@given(entries=scored())
def test_the_front_of_a_front_is_itself(entries):
    assert front(front(entries)) == front(entries)


@given(entries=scored(), data=st.data())
def test_the_order_of_what_was_scored_does_not_matter(entries, data):
    assert front(data.draw(st.permutations(entries))) == front(entries)


@given(entries=scored(), cost=st.integers(0, 6), value=st.integers(0, 6))
def test_a_dominated_guard_changes_nothing(entries, cost, value):
    guard = one(99, cost, value, number=9, guard=True)
    if any(dominates(entry.point, guard.point) for entry in entries):
        assert front([*entries, guard]) == front(entries)


def test_a_guard_keeps_the_cheapest_of_the_band_off_the_front_and_is_not_on_it_itself():
    weak, strong = one(1, 300, 0.6), one(2, 320, 0.8)
    assert front([weak, strong]) == (weak, strong), "without guards the cheapest is always on the front"
    assert front([weak, strong, one(3, 295, 0.7, guard=True)]) == (strong,)
    assert front([weak, strong, one(3, 295, 0.5, guard=True)]) == (weak, strong)


def test_a_guard_of_equal_cost_and_value_dominates_nobody():
    member = one(1, 300, 0.6, number=1)
    assert front([member, one(2, 300, 0.6, number=9, guard=True)]) == (member,)


def test_of_equal_members_the_newest_stays():
    old, new = one(1, 300, 0.7, number=3), one(2, 300, 0.7, number=4)
    assert front([old, new]) == (new,)
    assert front([new, old]) == (new,)
    same = one(5, 300, 0.7, number=4)
    assert front([old, same, new]) == (new, same), "evaluations of one number are equally new"


def test_exact_duplicates_are_one_member_with_the_newest_evaluation():
    first = Scored(((3, 1), ()), 300.0, 0.9, 2, 1)
    again = Scored(((1, 3), ()), 300.0, 0.7, 2, 5)
    assert front([first, again]) == (again,)
    assert front([again, first, again]) == (again,)


def test_a_path_that_is_candidate_and_guard_is_no_guard():
    entries = [one(1, 300, 0.5, guard=True), one(1, 300, 0.5)]
    assert front(entries) == front(entries[::-1]) == (one(1, 300, 0.5),)


def test_values_of_an_earlier_supernet_do_not_compete():
    with pytest.raises(ValueError, match=r"rounds \[1, 2\]; score old members again"):
        front([one(1, 300, 0.9, supernet=1), one(2, 310, 0.8, supernet=2)])


def test_two_scores_of_one_evaluation_are_refused_in_any_order():
    entries = [one(1, 300, 0.9, number=3), one(1, 300, 0.8, number=3), one(1, 300, 0.8, number=5)]
    for order in itertools.permutations(entries):
        with pytest.raises(ValueError, match="one score of a path"):
            front(order)


@given(entries=scored(), limit=st.integers(-1, 7))
def test_the_slider_picks_the_best_member_that_costs_no_more(entries, limit):
    members = front(entries)
    found = best_within(members, limit)
    affordable = [member.value for member in members if member.cost <= limit]
    assert (found is None) == (not affordable)
    if found is not None:
        assert found.cost <= limit
        assert found.value == max(affordable)


def test_volume_counts_no_guards():
    members = (one(1, 10, 1), one(2, 20, 3))
    assert volume(members, (40.0, 0.0)) == 30 + 40
    assert volume([*members, one(3, 1, 5, guard=True)], (40.0, 0.0)) == 70


# --- the loop of the method with an exact scorer ----------------------------------------------------

CELLS, POOL, K, ROUNDS = "NRNEN", 9, 3, 4
REFERENCE = (400.0, 0.0)


class Exact:
    """A scorer that never errs: cost and value of a path are fixed functions of its ops."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.cost = rng.integers(5, 30, size=(len(CELLS), POOL))
        self.worth = rng.random((len(CELLS), POOL))

    def value(self, path):
        return 10.0 * sum(1 - np.prod(1 - self.worth[cell, list(ops)]) for cell, ops in enumerate(path))

    def costs(self, active):
        return CellCosts(
            [[int(self.cost[cell, op]) for op in ops] for cell, ops in enumerate(active)], fixed=20.0
        )

    def search(self, seed, *, rehearse, with_guards=False):
        """Every round's (front, guards scored)."""
        rng = np.random.default_rng(seed)
        space = first_space(CELLS, POOL, K, ROUNDS, rng)
        band, members, history = Band(60.0, 300.0), (), []
        for number in range(1, ROUNDS + 1):
            old = [member for member in members if rehearse]
            known = [member.path for member in old]
            assert all(space.fits(path) for path in known), (
                "without the cap every old member can be rehearsed"
            )
            gates = [[0.5] * len(ops) for ops in space.active]
            costs = self.costs(space.active)
            drawn = candidates(
                CELLS, space.active, gates, costs, band, 12, rng, known=known.__contains__
            ).found
            below = guards(CELLS, space.active, gates, costs, band, 20.0, 5, rng).found if with_guards else ()
            entries = [self.entry(draw, number) for draw in drawn]
            entries += [self.entry(draw, number)._replace(guard=True) for draw in below]
            entries += [member._replace(supernet=number) for member in old]
            members = front(entries)
            history.append((members, {draw.path for draw in below}))
            space = lock(space, [one.path for one in members], [one.value for one in members], cap=False)
            assert space.locked == union([one.path for one in members])
            if number < ROUNDS:
                space = refill(space)
        return history

    def entry(self, draw, number):
        return Scored(draw.path, draw.cost, self.value(draw.path), number, number)


def _volumes(seed, **kwargs):
    return [volume(members, REFERENCE) for members, _ in Exact(seed).search(seed, **kwargs)]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_with_rehearsal_under_an_exact_scorer_the_hypervolume_never_falls(seed):
    volumes = _volumes(seed, rehearse=True)
    assert volumes == sorted(volumes)


def test_without_rehearsal_it_does_fall():
    runs = [_volumes(seed, rehearse=False) for seed in range(10)]
    assert any(volumes != sorted(volumes) for volumes in runs)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_guards_never_enter_the_locked_sets(seed):
    for members, below in Exact(seed).search(seed, rehearse=True, with_guards=True):
        assert not below & {member.path for member in members}
        assert all(member.cost >= 60 for member in members)
