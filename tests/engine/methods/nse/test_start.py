"""A search over pool72 that goes on from what one over pool27 found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from searchengine.core.errors import InvalidParams
from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json, loads
from searchengine.driver.plan import Plan, make_plan
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, is_space, parse
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.space import NseSpace
from searchengine.methods.nse.start import genomes_from_text
from searchengine.methods.nse.subset import Cells, union
from searchengine.testing import contract
from searchengine.testing.contract import MethodContract
from searchengine.testing.rehearsal import Rehearsal, some_at_random

from .test_search import DIGITS, SMALL, exact, scorings, space_of, trainings

KEPT: tuple[Cells, ...] = (
    ((0,), (1, 4), (), (3,), (7,), (), (0,)),
    ((0,), (1, 9), (), (3,), (7,), (5,), (0, 2)),
    ((6,), (1,), (), (3,), (10,), (5,), ()),
)
HEAD: Json = {
    "schema": 1,
    "method": "nse",
    "skeleton": {
        "cells": "NRNNENN", "channels": [8, 16, 24], "stem_stride": 1, "tail": 64, "tail_norm": True,
        "pool": "pool27",
    },
}  # fmt: skip
FRONT: list[Json] = [{**HEAD, "path": [list(ops) for ops in path]} for path in KEPT]
WIDE: Json = {**SMALL, "pool": "pool72", "band_low": 90.0, "band_high": 3000.0, "guard_width": 60.0}


class TestContractFromAFront(MethodContract):
    """Everything the contract asks of a method, of NSE begun with another search's front."""

    @pytest.fixture
    def slug(self, monkeypatch: pytest.MonkeyPatch) -> str:
        def begun(*given: Any, values: Json | None = None, **more: Any) -> Plan:
            start: Json = {"pool": "pool72", "start_from": FRONT, "band_low": 60.0, "band_high": 3000.0}
            return make_plan(*given, **more, values={**(values or {}), **start})

        monkeypatch.setattr(contract, "make_plan", begun)
        return "nse"

    def test_it_goes_on_from_the_front(self, whole: Rehearsal) -> None:
        assert whole.births[0].operator == "second_pool"
        assert any(birth.operator == "carried" for birth in whole.births)


def plan(**values: object) -> Plan:
    return make_plan("nse", DIGITS, seed=3, values={**WIDE, "start_from": FRONT, **values})


def run(**values: object) -> Rehearsal:
    return Rehearsal(plan(**values)).run(exact)


def record(*, locked: Cells, active: Cells, pending: Cells) -> Json:
    """A space over pool27 in its second round; what is neither active nor pending was dropped."""
    dropped = [
        [op for op in range(27) if op not in held + left] for held, left in zip(active, pending, strict=True)
    ]
    sets = {"locked": locked, "active": active, "pending": pending}
    listed = {name: [list(ops) for ops in cells] for name, cells in sets.items()}
    return {
        **HEAD, "size": 4,
        "space": {"round": 2, "rounds_total": 2, **listed, "dropped": dropped},
    }  # fmt: skip


LOCKED: Cells = ((0,), (1,), (), (3,), (7,), (5,), (0,))
LAST = record(
    locked=LOCKED,
    active=((0, 6, 11), (1, 4, 9), (8,), (3, 2), (7, 10), (5, 2), (0, 2, 8)),
    pending=((25, 26),) * 7,
)


def first_space(found: Rehearsal) -> Any:
    return space_of(found, trainings(found)[0]).space


def test_the_first_round_locks_what_the_front_uses_and_tries_new_operations_alone() -> None:
    space = first_space(run(stall_cap=False))
    assert space.locked == union(KEPT)
    for locked, active, pending in zip(space.locked, space.active, space.pending, strict=True):
        entered = active[len(locked) :]
        assert sorted(entered + pending) == list(range(27, 72))
        assert len(active) == 4
    assert (space.round, space.rounds, space.size) == (1, 3, 4)
    assert len(set(space.pending)) == 7, "an order for every cell"


def test_the_front_is_scored_with_the_first_supernet_and_competes() -> None:
    found = run()
    first = scorings(found, 0)[0]
    carried = [found.births[number] for number in first.subjects]
    assert {birth.operator for birth in carried} == {"carried"}
    paths = [parse(birth.genome) for birth in carried]
    assert [one.path for one in paths if isinstance(one, PathGenome)] == list(KEPT)
    assert {one.skeleton.pool for one in paths} == {"pool72"}
    costs = NseSpace(NseParams.parse(WIDE), DIGITS).limits.costs
    assert [birth.changes[0].arguments["cost"] for birth in carried] == [costs.of(path) for path in KEPT]
    later = [found.births[number] for job in scorings(found, 0)[1:] for number in job.subjects]
    assert "candidate" in {birth.operator for birth in later} <= {"candidate", "guard"}
    assert not {birth.key for birth in carried} & {birth.key for birth in later}
    assert [birth.operator for birth in found.births].count("carried") == 3

    def best(job: Job) -> Any:
        made = exact(job)
        scores = {
            number: type(score)({"fitness": 2.0, "accuracy": 1.0}) if number in first.subjects else score
            for number, score in made.scores.items()
        }
        return type(made)(made.job, scores, made.findings, made.artifacts)

    kept = Rehearsal(plan(rounds=1)).run(best)
    front = [birth for birth, _, _ in loads(kept.state)["search"]["history"][0]["front"]]
    cheapest = min(carried, key=lambda birth: birth.changes[0].arguments["cost"])
    assert cheapest.number in front


def test_without_rehearsal_it_lends_its_operations_only() -> None:
    found = run(rehearse=False, stall_cap=False)
    assert not any(birth.operator == "carried" for birth in found.births)
    assert first_space(found).locked == union(KEPT)


def test_paths_outside_the_band_are_not_scored_and_it_says_so() -> None:
    costs = NseSpace(NseParams.parse(WIDE), DIGITS).limits.costs
    dearest = max(costs.of(path) for path in KEPT)
    high = (dearest - 1) / 1000
    found = run(band_high=high, band_low=60.0)
    assert [birth.operator for birth in found.births].count("carried") == 2
    short = loads(found.state)["search"]["history"][0]["short"]
    assert "2 of the 3 paths" in short[0]


def test_the_cap_keeps_what_most_of_the_front_uses() -> None:
    crowd = [
        {**HEAD, "path": [[op], [1], [], [3], [7], [], []]} for op in (0, 0, 2, 4, 6)
    ]  # fmt: skip
    twice = {**HEAD, "path": [[0, 6], [1], [], [3], [7], [], []]}
    space = first_space(run(start_from=[*crowd, twice], subset_size=3))
    assert space.locked[0] == (0, 6)
    assert all(len(locked) < 3 for locked in space.locked)
    assert set(space.dropped[0]) >= {2, 4}


def test_a_space_says_what_was_locked_dropped_and_never_tried() -> None:
    space = first_space(run(start_from=[LAST]))
    assert space.locked == LOCKED
    assert set(space.dropped[0]) == set(range(27)) - {0, 25, 26}
    assert space.untried == ((25, 26),) * 7
    assert not any(birth.operator == "carried" for birth in run(start_from=[LAST]).births)


def test_a_space_with_the_front_of_its_round_says_both() -> None:
    path: Cells = ((6,), (1, 4), (8,), (3,), (10,), (), (2,))
    found = run(start_from=[LAST, {**HEAD, "path": [list(ops) for ops in path]}])
    space = first_space(found)
    assert space.locked == path
    assert space.untried == ((25, 26),) * 7
    assert [birth.operator for birth in found.births].count("carried") == 1


def test_stopped_anywhere_it_goes_on_to_the_same_end() -> None:
    """Every step of a rehearsal reads the search anew from its state; jobs arrive in another order."""
    whole = run()
    other = Rehearsal(plan()).run(exact, workers=3, arrival=some_at_random(5))
    assert other.history() == whole.history()
    assert [is_space(birth.genome) for birth in whole.births].count(True) == 3


def test_what_a_search_stored_is_what_the_next_one_takes() -> None:
    first = Rehearsal(make_plan("nse", DIGITS, seed=3, values={**WIDE, "pool": "pool27"})).run(exact)
    rounds = loads(first.state)["search"]["history"]
    front = [first.births[birth].genome for birth, _, _ in rounds[-1]["front"]]
    last = first.births[rounds[-1]["record"]].genome
    second = run(start_from=[last, *front], stall_cap=False)
    space = first_space(second)
    paths = [genome.path for one in front if isinstance(genome := parse(one), PathGenome)]
    assert space.locked == union(paths)
    before = parse(last)
    assert isinstance(before, SpaceGenome)
    assert space.untried == before.space.never_tried
    assert [birth.operator for birth in second.births].count("carried") == len(front)


def test_the_plan_counts_the_front() -> None:
    counted = NseParams.parse({**WIDE, "start_from": FRONT})
    assert counted.evaluations() == NseParams.parse(WIDE).evaluations() + 1
    assert NseParams.parse({**WIDE, "start_from": [LAST]}).evaluations() == counted.evaluations() - 1


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(FRONT),
        json.dumps(FRONT, indent=1),
        "\n".join(map(json.dumps, FRONT)),
        ", ".join(map(json.dumps, FRONT)),
    ],
)
def test_genomes_are_pasted_as_a_list_or_one_after_another(text: str) -> None:
    assert genomes_from_text(text) == FRONT
    assert genomes_from_text(json.dumps(LAST)) == [LAST]
    assert genomes_from_text("") == []


OTHER: Json = {**HEAD, "path": [[9], [1], [], [3], [7], [], []]}


def other_skeleton(**genes: Json) -> Json:
    return {**FRONT[0], "skeleton": {**HEAD["skeleton"], **genes}}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"start_from": "no json"}, "expected genomes as they are stored"),
        ({"start_from": [3]}, "expected genomes as they are stored"),
        ({"start_from": [{**HEAD, "path": [[99], [1], [], [3], [7], [], []]}]}, r"genome 1: path\[0\]"),
        ({"start_from": [FRONT[0], {**FRONT[0], "method": "evanet"}]}, "genome 2: "),
        ({"start_from": [other_skeleton(tail=32)]}, "has the tail 32, this search 64"),
        ({"start_from": [other_skeleton(tail_norm=False)]}, "has the tail_norm off, this search on"),
        ({"start_from": [other_skeleton(channels=[8, 16, 32])]}, "channels 8, 16, 32, this search 8, 16, 24"),
        ({"pool": "pool27"}, "pool27 is no larger pool that begins with it; set pool to pool72"),
        ({"start_from": [other_skeleton(pool="pool19")]}, "no pool goes on from it"),
        ({"start_from": [LAST, LAST]}, "2 of the genomes are spaces"),
        ({"start_from": [LAST, OTHER]}, "path 1 has an operation that the space of round 2"),
        ({"branches": "single"}, "several operations in a cell, and branches is single"),
        (
            {"start_from": [record(locked=((),) * 7, active=((0, 1),) * 7, pending=((2,),) * 7)]},
            "no operation kept in cell 1",
        ),
        (
            {
                "start_from": [{**HEAD, "path": [[0, 1]] * 7}],
                "subset_size": 2, "stall_cap": False,
            },
            "raise subset_size",
        ),
    ],
)  # fmt: skip
def test_what_it_cannot_start_from_is_refused_beside_it(values: Json, words: str) -> None:
    with pytest.raises(InvalidParams, match=words) as refused:
        plan(**values)
    assert set(refused.value.fields) == {"start_from"}


def test_rounds_are_counted_for_the_new_operations() -> None:
    with pytest.raises(InvalidParams, match="more than the 15 it takes to try 45 operations"):
        plan(rounds=16)
    assert plan(rounds=15).params["rounds"] == 15
