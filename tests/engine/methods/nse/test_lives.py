"""Who enters the population of a search, who leaves it and when: the front, round by round."""

from __future__ import annotations

import pytest

from searchengine.core.jobs import Failure, Job, Result, Score
from searchengine.core.jsontext import digest, loads
from searchengine.driver.plan import make_plan
from searchengine.methods.nse.genome import is_space
from searchengine.testing.rehearsal import Rehearsal

from .test_search import DIGITS, SMALL, exact, history, run, scorings, trainings

NARROW = {
    "cells": "NR", "channels": [8, 16], "subset_size": 3, "rounds": 6, "candidates": 20, "band_low": 30.0,
    "band_high": 300.0, "guard_width": 20.0, "guards": 4,
}  # fmt: skip
"""Few paths, so that later rounds draw some that earlier ones scored."""


def moody(job: Job) -> Result:
    """Scores of one supernet say nothing of the next one's; one in five fails."""
    if job.kind != "score_paths":
        return exact(job)
    scores = {}
    for number, genome in job.genomes.items():
        value = int(digest([genome, job.inputs["supernet"]])[:8], 16)
        failure = Failure("bad_genome", "constant_output", "the same for every sample")
        fine = {"fitness": value / 2**32, "accuracy": 0.5}
        scores[number] = Score(failure=failure) if value % 5 == 0 else Score(fine)
    return Result(job.number, scores)


def check_lives(found: Rehearsal) -> None:
    living: set[int] = set()
    dead: set[int] = set()
    for event in found.events:
        if event.kind == "told":
            entered = set(event.payload["entered"])
            assert not entered & (living | dead), "nobody enters twice"
            living |= entered
        elif event.kind == "death":
            number = event.payload["birth"]
            assert number not in dead, "nobody dies twice"
            living.discard(number)
            dead.add(number)
        elif event.kind == "birth":
            assert not dead & set(event.payload["parents"])
    assert living == {birth for birth, _, _ in history(found)[-1]["front"]}


@pytest.mark.parametrize("rehearse", [True, False])
def test_a_path_drawn_again_is_a_life_of_its_own(rehearse: bool) -> None:
    found = run(moody, rehearse=rehearse, stall_cap=False, **NARROW)
    paths = [birth.key for birth in found.births if not is_space(birth.genome)]
    assert len(set(paths)) < len(paths), "some path is drawn in two rounds"
    for number in range(len(trainings(found))):
        subjects = [found.births[one].key for job in scorings(found, number) for one in job.subjects]
        assert len(set(subjects)) == len(subjects), "and in each of them it is scored once"
    check_lives(found)


def test_an_old_member_that_cannot_be_scored_again_leaves_once() -> None:
    def fails(job: Job) -> Result:
        if job.number != again:
            return exact(job)
        failure = Score(failure=Failure("lost", "worker", "five attempts ended without a word"))
        return Result(job.number, dict.fromkeys(job.subjects, failure))

    again = scorings(run(exact, stall_cap=False), 1)[0].number
    found = run(fails, stall_cap=False)
    old = {birth for birth, _, _ in history(found)[0]["front"]}
    assert set(scorings(found, 1)[0].subjects) == old
    assert not old & {birth for birth, _, _ in history(found)[1]["front"]}
    check_lives(found)


def test_a_front_that_nothing_replaces_stays_alive() -> None:
    """The second round's scores are all lost: the search ends with the first round's front."""

    def second_fails(job: Job) -> Result:
        if job.kind != "score_paths" or job.inputs["supernet"] == first:
            return exact(job)
        failure = Score(failure=Failure("lost", "worker", "five attempts ended without a word"))
        return Result(job.number, dict.fromkeys(job.subjects, failure))

    first = digest(0) * 2
    found = run(second_fails, stall_cap=False)
    front = {birth for birth, _, _ in history(found)[0]["front"]}
    assert [bool(one["front"]) for one in history(found)] == [True, False]
    dead = {event.payload["birth"] for event in found.events if event.kind == "death"}
    assert not front & dead
    assert found.outcome is not None
    assert {member.birth for member in found.outcome.members} <= front


@pytest.mark.parametrize("values", [{}, {"guards": 0}, {"guard_width": 1e-3}])
def test_one_job_at_a_time_tells_the_same_lives_and_milestones(values: dict[str, float]) -> None:
    """Also where no guard is found, which only asking finds out."""
    rehearsals = []
    for window in (8, 1):
        plan = make_plan("nse", DIGITS, seed=3, values={**SMALL, **values}, window=window)
        rehearsals.append(Rehearsal(plan).run(exact))
    wide, one = rehearsals
    assert [name for name, _ in wide.milestones] == [name for name, _ in one.milestones]
    assert one.milestones
    check_lives(one)
    lives = [
        [(event.kind, event.payload["birth"]) for event in each.events if event.kind == "death"]
        for each in rehearsals
    ]
    assert lives[0] == lives[1]


def test_the_supernet_is_let_go_when_final_trainings_begin() -> None:
    """Stopped while it trained: nothing will be scored with it."""
    first = run(exact, until_told=9)
    second = trainings(first)[-1].number
    found = run(exact, close_at=second)
    assert trainings(found)[-1].number == second
    assert not scorings(found, len(trainings(found)) - 1)
    assert any(job.phase == "final" for job in found.jobs)
    kept = loads(found.state)["keep"]
    assert digest(second) * 2 not in kept
