"""Operators, population, lineage, failures, lanes: numbers counted by hand on the small run."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.report.failures import failures
from searchengine.report.history import DeathRow, EntryRow, WorkRow, history
from searchengine.report.lanes import lanes
from searchengine.report.lineage import ancestry, family
from searchengine.report.operators import operator_credit
from searchengine.report.population import alive, deaths_by_reason, members, population_size, strip

from .runs import run_of, small_run


def test_credit_adds_up_to_the_births() -> None:
    credits = {credit.operator: credit for credit in operator_credit(small_run())}
    assert sum(credit.tries for credit in credits.values()) == 5
    assert credits["kernel"].mean_gain == pytest.approx(0.25)
    assert credits["stem"].improved == 0
    assert credits["stem"].mean_gain == pytest.approx(-0.125)
    assert credits["several"].failed == 1
    assert credits["random"].mean_gain is None


def test_the_population_is_what_entered_and_did_not_leave() -> None:
    run = small_run()
    assert [alive(run, place) for place in range(5)] == [(0,), (0, 1), (0, 2), (0, 2), (2, 4)]
    assert [(one.number, one.age) for one in members(run, 4)] == [(2, 2), (4, 0)]
    assert deaths_by_reason(run) == {"lost": 2}
    assert population_size(run).y == (1, 2, 2, 2)


def test_the_strip_gives_a_newcomer_the_row_of_who_left() -> None:
    found = strip(small_run())
    rows = {life.number: (life.row, life.entered, life.left) for life in found.lives}
    assert rows == {0: (0, 0, 4), 1: (1, 1, 2), 2: (1, 2, None), 4: (0, 4, None)}
    assert found.rows == 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 6)), max_size=30))
def test_lives_in_one_row_never_overlap(stays: list[tuple[int, int]]) -> None:
    run = run_of([0.5] * 40)._replace(
        entered=tuple(sorted((EntryRow(n, s) for n, (s, _) in enumerate(stays)), key=lambda e: e.place)),
        deaths=tuple(DeathRow(n, s + d, "aged") for n, (s, d) in enumerate(stays)),
    )
    by_row: dict[int, list[tuple[int, int]]] = {}
    for life in strip(run).lives:
        assert life.left is not None
        by_row.setdefault(life.row, []).append((life.entered, life.left))
    for lives in by_row.values():
        ordered = sorted(lives)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ordered))


def test_ancestry_is_the_line_of_first_parents() -> None:
    steps = ancestry(small_run(), 4)
    assert [step.number for step in steps] == [0, 2, 4]
    assert [step.record for step in steps] == [True, True, False]
    assert steps[2].gain == pytest.approx(-0.125)
    with pytest.raises(KeyError, match="birth 9"):
        ancestry(small_run(), 9)


def test_a_family_is_cut_at_its_depth_and_says_how_many_are_missing() -> None:
    tree = family(small_run(), 2, up=1, down=0)
    assert [(node.number, node.depth) for node in tree.nodes] == [(0, -1), (2, 0)]
    assert tree.nodes[1].more == 2
    assert family(small_run(), 2).edges[0] == (0, 2, "kernel 3 → 7")
    assert [node.number for node in family(small_run(), 2).nodes] == [0, 2, 3, 4]


def test_failures_are_grouped_by_cause() -> None:
    groups = failures(small_run())
    assert {(group.kind, group.code, group.failed) for group in groups} == {
        ("bad_genome", "nan", 1),
        ("refused", "infeasible", 1),
    }
    assert groups[0].births == (3,)
    assert failures(history()) == ()


def test_lanes_never_run_backwards_and_count_overlap_once() -> None:
    work = [
        WorkRow("worker-1", 0, (0,), 0.0, 4.0, "finished"),
        WorkRow("worker-1", 1, (1,), 3.0, 5.0, "finished"),
        WorkRow("worker-1", 2, (2,), 8.0, None, "running"),
        WorkRow("worker-0", 3, (3,), 6.0, 5.0, "lost"),
    ]
    found = lanes(history(work=work), now=10.0)
    assert [lane.name for lane in found.lanes] == ["worker-0", "worker-1"]
    assert found.lanes[1].busy == pytest.approx(0.7)
    assert found.lanes[1].bars[2].open
    assert found.lanes[0].bars[0].ended == 6.0
    assert [lane.name for lane in lanes(history(work=work), now=10.0, window=3.0).lanes] == ["worker-1"]
