"""The space record: numbers of the published presets, then invariants over whole evolutions."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.core.errors import InvalidGenome
from searchengine.methods.nse.gates import to_prune
from searchengine.methods.nse.record import from_json, to_json
from searchengine.methods.nse.sampling import weight_path
from searchengine.methods.nse.subset import (
    Space,
    check,
    entrants,
    first_space,
    left_over,
    lock,
    most_rounds,
    refill,
    second_pool,
    standstill,
    union,
    without,
)
from searchengine.methods.nse.survival import Round, Survival, survival

RECORD = {
    "round": 2,
    "rounds_total": 4,
    "locked": [[0], [1, 4], [], [3], [7], [2], [0, 3]],
    "active": [[0, 5, 9, 12], [1, 4, 8, 10], [6, 2, 11], [3, 0, 7, 12], [7, 1, 5, 10], [2, 8, 9, 4],
               [0, 3, 6, 11]],
    "pending": [[2, 7], [3, 12], [1, 9], [5, 10], [0, 4], [6, 11], [8, 1]],
    "dropped": [[1, 3, 4, 6, 8, 10, 11], [0, 2, 5, 6, 7, 9, 11], [0, 3, 4, 5, 7, 8, 10, 12],
                [1, 2, 4, 6, 8, 9, 11], [2, 3, 6, 8, 9, 11, 12], [0, 1, 3, 5, 7, 10, 12],
                [2, 4, 5, 7, 9, 10, 12]],
}  # fmt: skip
"""The example of the specification: 7 cells, 13 ops, K = 4."""
CELLS = "NRNNENN"
PATH = ((0,), (1, 4), (), (3,), (7,), (), (0,))


@pytest.fixture
def example() -> Space:
    return from_json(RECORD, CELLS, 13, 4)


def locked_record(cells, pool, size, locked, pending, *, round=1, rounds=9):
    """A locked record; what is neither locked nor pending was dropped."""
    dropped = tuple(
        tuple(op for op in range(pool) if op not in kept + left)
        for kept, left in zip(locked, pending, strict=True)
    )
    nothing = ((),) * len(cells)
    return Space(cells, pool, size, round, rounds, locked, locked, pending, dropped, nothing)


# --- presets ---------------------------------------------------------------------------------------


def test_rounds_of_the_published_pools():
    assert [most_rounds(*one) for one in [(27, 5), (19, 6), (72, 5), (13, 4)]] == [6, 3, 17, 4]
    assert most_rounds(3, 5) == 1
    with pytest.raises(ValueError, match="K of at least 2"):
        most_rounds(27, 1)


def test_the_rounds_formula_leaves_ops_untried_and_says_so():
    """It assumes one kept op a cell; the division's rest is never tried even then."""
    rng = np.random.default_rng(233)
    for pool, size, least in [(27, 5, 2), (19, 6, 3), (13, 4, 0)]:
        space = first_space("N", pool, size, most_rounds(pool, size), rng)
        assert left_over(space) == (least,)
    space = first_space("NR", 13, 4, 4, rng)
    one, three = space.active[0][:1], space.active[1][:3]
    space = lock(space, [(one, three)], [0.5], cap=False)
    assert left_over(space) == (0, 9 - 3 * 1), "three kept ops let one op a round in"


def test_the_example_of_the_specification_is_a_record(example):
    check(example)
    assert to_json(example) == RECORD
    assert example.fits(PATH)
    assert not example.fits(((2,), *PATH[1:])), "op 2 is pending in cell 0"
    assert not example.fits(PATH[:-1])


# --- the first round -------------------------------------------------------------------------------


def test_every_cell_has_a_random_order_of_its_own():
    space = first_space("N" * 22, 27, 5, 6, np.random.default_rng(233))
    orders = [active + pending for active, pending in zip(space.active, space.pending, strict=True)]
    assert all(sorted(order) == list(range(27)) for order in orders)
    assert len(set(orders)) == 22
    assert all(len(active) == 5 for active in space.active)
    assert space.locked == space.dropped == space.untried == ((),) * 22
    assert space == first_space("N" * 22, 27, 5, 6, np.random.default_rng(233))


def test_every_op_is_as_likely_to_be_first_in_every_cell():
    first = [first_space("NNR", 4, 2, 1, np.random.default_rng(seed)).active for seed in range(2000)]
    for cell in range(3):
        counts = np.bincount([active[cell][0] for active in first], minlength=4)
        assert np.all(np.abs(counts - 500) < 4 * np.sqrt(2000 * 0.25 * 0.75))
    same = np.mean([active[0] == active[1] for active in first])
    assert same == pytest.approx(1 / 12, abs=0.03), "cells are independent"


# --- locking and refilling -------------------------------------------------------------------------


def test_refill_fills_up_to_k_and_leaves_a_larger_locked_set_whole():
    locked = ((0, 1, 2, 3), (), (0,), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5))
    pending = ((9, 7, 8),) * 5
    space = refill(locked_record("NNRNN", 10, 5, locked, pending))
    entered = [len(before) - len(after) for before, after in zip(pending, space.pending, strict=True)]
    assert entered == [1, 3, 3, 0, 0]
    assert space.active == (
        (0, 1, 2, 3, 9),
        (9, 7, 8),
        (0, 9, 7, 8),
        (0, 1, 2, 3, 4),
        (0, 1, 2, 3, 4, 5),
    )
    assert space.round == 2


def test_the_locked_set_is_the_union_over_the_front_not_the_best_members_ops(example):
    best = ((0,), (4,), (), (3,), (7,), (2,), (0,))
    other = ((5, 12), (1,), (), (0,), (1, 5), (), (6,))
    space = lock(example, [other, best], [0.1, 0.9], cap=False)
    assert space.locked == ((0, 5, 12), (1, 4), (), (0, 3), (1, 5, 7), (2,), (0, 6))
    assert space.locked == union([best, other])
    assert space.is_locked
    assert set(space.dropped[0]) == {*example.dropped[0], 9}
    assert space.pending == example.pending
    assert space.round == example.round
    assert lock(example, [best, other], [0.9, 0.1], cap=False).locked == space.locked


def test_a_locked_op_that_no_member_uses_any_more_is_dropped(example):
    path = ((5,), (8,), (6,), (0,), (1,), (8,), (6,))
    space = lock(example, [path], [0.5], cap=False)
    assert space.locked[0] == (5,)
    assert 0 in space.dropped[0]


@pytest.fixture
def crowded() -> Space:
    """One N cell with K = 4, ops 0 to 3 active in another order, op 4 pending."""
    return replace(
        first_space("N", 5, 4, 2, np.random.default_rng(0)), active=((3, 1, 0, 2),), pending=((4,),)
    )


def test_the_stall_cap_keeps_what_most_members_use(crowded):
    paths = [((0, 1),), ((1, 2),), ((1, 2, 3),), ((0, 3),), ((0, 2),)]  # 0: 3, 1: 3, 2: 3, 3: 2
    values = [0.1, 0.2, 0.3, 0.9, 0.5]
    space = lock(crowded, paths, values, cap=True)
    assert space.locked == ((0, 1, 2),), "op 3 has the fewest users, though the best member is one of them"
    assert 3 in space.dropped[0]
    assert not space.fits(paths[3]), "a member that loses an op cannot be scored again"
    assert lock(crowded, paths, values, cap=False).locked == ((0, 1, 2, 3),)


def test_ties_of_the_stall_cap_go_to_the_best_member(crowded):
    paths = [((0,),), ((1,),), ((2,),), ((3,),)]
    for worst in range(4):
        values = [0.1 if op == worst else 0.5 + op / 10 for op in range(4)]
        (kept,) = lock(crowded, paths, values, cap=True).locked
        assert kept == tuple(op for op in range(4) if op != worst)
    assert lock(crowded, paths, [0.5] * 4, cap=True).locked == ((0, 1, 3),), "then the earlier in active"


def test_the_stall_cap_needs_pending_ops(crowded):
    full = replace(crowded, pending=((),), dropped=((4,),))
    assert lock(full, [((0, 1, 2, 3),)], [0.5], cap=True).locked == ((0, 1, 2, 3),)


def test_with_the_cap_an_op_enters_every_cell_that_has_one_pending(crowded):
    capped = lock(crowded, [((0, 1, 2, 3),)], [0.5], cap=True)
    assert standstill(capped) is None
    assert refill(capped).active[0][-1] == 4


def test_what_cannot_be_locked_is_refused(example):
    with pytest.raises(ValueError, match="none"):
        lock(example, [], [], cap=False)
    with pytest.raises(ValueError, match="active ops"):
        lock(example, [((2,), *PATH[1:])], [0.5], cap=False)
    with pytest.raises(ValueError, match="lock it first"):
        refill(example)
    last = lock(replace(example, round=4), [PATH], [0.5], cap=False)
    with pytest.raises(ValueError, match="was the last"):
        refill(last)


# --- pruning ---------------------------------------------------------------------------------------


def test_pruned_ops_are_dropped_and_do_not_come_back(example):
    space = without(example, ((9, 5), (), (6, 2, 11), (), (), (), ()))
    assert space.active[0] == (0, 12)
    assert space.active[2] == ()
    assert set(space.dropped[0]) == {*example.dropped[0], 5, 9}
    after = refill(lock(space, [((0,), (1,), (), (3,), (7,), (2,), (0,))], [0.5], cap=False))
    assert after.active[0] == (0, 2, 7)


def test_a_locked_op_leaves_only_where_locking_is_off(example):
    with pytest.raises(ValueError, match="are locked"):
        without(example, ((0,), (), (), (), (), (), ()))
    space = without(example, ((0,), (), (), (), (), (), ()), lock=False)
    assert space.locked[0] == ()
    assert space.active[0] == (5, 9, 12)
    with pytest.raises(ValueError, match="to leave"):
        without(example, ((2,), (), (), (), (), (), ()))
    with pytest.raises(ValueError, match="changes shape"):
        without(example, ((), (1, 4, 8, 10), (), (), (), (), ()), lock=False)


# --- stall -----------------------------------------------------------------------------------------


def test_a_stall_is_told_from_a_pool_that_is_through():
    full = locked_record("NR", 4, 2, ((0, 1), (2, 3)), ((2,), ()))
    assert standstill(full) == "stalled"
    assert full.never_tried == ((2,), ())
    through = locked_record("NR", 4, 2, ((0, 1), (2,)), ((), ()))
    assert standstill(through) == "exhausted"
    evolving = locked_record("NR", 4, 2, ((0, 1), (2,)), ((2,), (3,)))
    assert standstill(evolving) is None
    assert entrants(evolving) == ((), (3,))


def test_a_stalled_search_repeats_the_same_supernet():
    full = locked_record("NR", 4, 2, ((0, 1), (2, 3)), ((2,), (0, 1)))
    again = refill(full)
    assert again.active == full.active
    assert again.pending == full.pending


# --- second pool -----------------------------------------------------------------------------------


def test_the_second_pool_starts_from_the_locked_sets_with_the_new_ids_alone():
    locked = tuple((cell % 9, 9 + cell % 9) for cell in range(22))
    pending = ((26, 20),) * 22
    finished = locked_record("N" * 22, 27, 5, locked, pending, round=6, rounds=6)
    space = second_pool(finished, 72, 3, np.random.default_rng(233))
    assert (space.round, space.rounds, space.pool, space.size) == (1, 3, 72, 5)
    assert space.locked == locked
    assert [active[:2] for active in space.active] == list(locked)
    orders = [active[2:] + left for active, left in zip(space.active, space.pending, strict=True)]
    assert all(len(active) == 5 for active in space.active)
    assert all(sorted(order) == list(range(27, 72)) for order in orders)
    assert len(set(orders)) == 22
    assert space.dropped == finished.dropped
    assert space.untried == pending, "ops of the first pool that were never tried are no dropped ones"
    assert [set(ops) for ops in space.never_tried] == [
        {20, 26, *left} for left in space.pending
    ]  # fmt: skip
    assert from_json(to_json(space), space.cells, 72, 5) == space


def test_a_second_pool_needs_a_locked_record_and_new_ops(example):
    with pytest.raises(ValueError, match="lock it first"):
        second_pool(example, 20, 2, np.random.default_rng(0))
    finished = locked_record("N", 4, 2, ((0,),), ((2,),))
    with pytest.raises(ValueError, match="more than 4"):
        second_pool(finished, 4, 2, np.random.default_rng(0))


# --- records that contradict themselves ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pending": [[2, 7, 0], *RECORD["pending"][1:]]}, "cell 0 .* stand twice"),
        ({"pending": [[2], *RECORD["pending"][1:]]}, r"cell 0 .* \[7\] are neither"),
        ({"active": [[5, 0, 9, 12], *RECORD["active"][1:]]}, "cell 0 .* locked ops .* first"),
        ({"active": [[0, 5, 9, 12, 2], *RECORD["active"][1:]], "pending": [[7], *RECORD["pending"][1:]]},
         "cell 0 .* at most 4 active"),
        ({"locked": [[0], [], *RECORD["locked"][2:]],
          "active": [RECORD["active"][0], [], *RECORD["active"][2:]],
          "dropped": [RECORD["dropped"][0], [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11], *RECORD["dropped"][2:]]},
         "cell 1 .* needs an active op"),
        ({"locked": RECORD["locked"][1:]}, "expected 7 locked sets"),
        ({"active": [[13, 5, 9, 12], *RECORD["active"][1:]]}, "from 0 to 12"),
        ({"round": 5}, "from 1 to 4"),
        ({"round": True}, "whole number"),
        ({"pending": 3}, "expected a list"),
        ({"more": 1}, "unknown more"),
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_is_refused(changes, message):
    with pytest.raises(InvalidGenome, match=message):
        from_json(RECORD | changes, CELLS, 13, 4)


def test_a_space_is_checked_however_it_is_made(example):
    with pytest.raises(ValueError, match="string over NRE"):
        replace(example, cells="NRNNXNN")
    with pytest.raises(ValueError, match="K of at least 2"):
        replace(example, size=1)
    with pytest.raises(ValueError, match="from 0 to 12"):
        replace(example, untried=((99,), (), (), (), (), (), ()))


# --- whole evolutions ------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    cells=st.text("NRE", min_size=1, max_size=6),
    pool=st.integers(1, 14),
    size=st.integers(2, 6),
    cap=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_an_evolution_keeps_every_invariant(cells, pool, size, cap, seed):
    rng = np.random.default_rng(seed)
    rounds = most_rounds(pool, size)
    space = first_space(cells, pool, size, rounds, rng)
    gone = [set() for _ in cells]
    for number in range(1, rounds + 1):
        assert space.round == number
        check(space)
        assert from_json(to_json(space), cells, pool, size) == space
        for active, pending, left in zip(space.active, space.pending, gone, strict=True):
            assert not set(active) & set(pending)
            assert not left & (set(active) | set(pending)), "what was dropped never comes back"
        alphas = [rng.normal(-1, 2, size=len(active)) for active in space.active]
        pruned = tuple(
            to_prune(kind, active, alpha, -2.0, locked)
            for kind, active, alpha, locked in zip(cells, space.active, alphas, space.locked, strict=True)
        )
        started, space = space, without(space, pruned)
        assert all(kind == "N" or active for kind, active in zip(cells, space.active, strict=True))
        paths = [weight_path(cells, space.active, rng) for _ in range(int(rng.integers(1, 5)))]
        locked = lock(space, paths, list(rng.random(len(paths))), cap=cap)
        for cell, kept in enumerate(locked.locked):
            used = {op for path in paths for op in path[cell]}
            assert set(kept) <= used
            if not (cap and space.pending[cell]):
                assert set(kept) == used
            else:
                assert len(kept) == min(len(used), size - 1)
        gone = [set(dropped) for dropped in locked.dropped]
        assert locked.pending == started.pending
        if number < rounds:
            space = refill(locked)
            for cell, entered in enumerate(entrants(locked)):
                assert space.active[cell] == locked.locked[cell] + entered
                assert locked.pending[cell] == entered + space.pending[cell], "in order, and only by entering"
                assert len(space.active[cell]) == min(
                    size, len(locked.locked[cell]) + len(locked.pending[cell])
                )  # fmt: skip


# --- survival --------------------------------------------------------------------------------------


def test_the_survival_table_counts_cells():
    first = Round(tried=((0, 1), (1, 2)), kept=((0,), (1, 2)))
    second = Round(tried=((0, 2), (1, 2)), kept=((0,), (2,)))
    assert survival([first, second], 4) == (
        Survival(0, tried=1, kept=1, by_round=((1, 1), (1, 1))),
        Survival(1, tried=2, kept=0, by_round=((2, 1), (1, 0))),
        Survival(2, tried=2, kept=1, by_round=((1, 1), (2, 1))),
        Survival(3, tried=0, kept=0, by_round=((0, 0), (0, 0))),
    )
    assert survival([], 1) == (Survival(0, 0, 0, ()),)
