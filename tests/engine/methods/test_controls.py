"""Random search and ageing evolution: who is drawn, who becomes a parent, who leaves, what is found."""

from __future__ import annotations

import numpy as np
import pytest

from searchengine.core.errors import UnknownName
from searchengine.core.jobs import Job, Result, Score
from searchengine.driver import Budget, Plan, control_plan, make_plan, planned_evaluations
from searchengine.testing.data import TINY_CLIPS, TINY_IMAGES
from searchengine.testing.rehearsal import Rehearsal, hashed


def _wide(job: Job) -> Result:
    """Fitness = how much of the widest chain a genome is: a landscape with one summit."""
    scores = {}
    for number, genome in job.genomes.items():
        width = sum(block["channels"] for block in genome["blocks"])
        scores[number] = Score({"fitness": width / 128})
    return Result(job.number, scores)


def _evolution(**values: object) -> Plan:
    return make_plan(
        "regularized_evolution", TINY_IMAGES, seed=4, values={"evaluations": 120, **values}, window=4
    )


def test_the_oldest_dies_when_one_more_enters_and_nobody_else() -> None:
    run = Rehearsal(_evolution(population=10, sample_size=3)).run()
    failed = {n for report in run.told for n, score in report.scores.items() if score.failure is not None}
    entered = [n for e in run.events if e.kind == "told" for n in e.payload["entered"]]
    aged = [e.payload["birth"] for e in run.events if e.kind == "death" and e.payload["reason"] == "aged"]
    gone = {e.payload["birth"] for e in run.events if e.kind == "death" and e.payload["reason"] == "failed"}
    assert entered == [birth.number for birth in run.births if birth.number not in failed | gone]
    assert aged == entered[: len(entered) - 10]


def test_the_first_population_is_random_and_every_later_birth_has_a_living_parent() -> None:
    run = Rehearsal(_evolution(population=10, sample_size=3)).run()
    assert all(birth.operator == "random" and not birth.parents for birth in run.births[:10])
    assert all(birth.operator == "mutation" and len(birth.parents) == 1 for birth in run.births[10:])
    alive: set[int] = set()
    for event in run.events:
        if event.kind == "told" and event.payload["phase"] == "search":
            alive |= set(event.payload["entered"])
        elif event.kind == "death":
            alive.discard(event.payload["birth"])
        elif event.kind == "birth":
            assert set(event.payload["parents"]) <= alive


def test_evolution_climbs_where_random_search_does_not() -> None:
    gaps = []
    for seed in range(5):
        values = {"evaluations": 120, "population": 16, "sample_size": 6}
        plan = make_plan("regularized_evolution", TINY_IMAGES, seed=seed, values=values, window=4)
        evolved = Rehearsal(plan).run(_wide)
        drawn = Rehearsal(control_plan(plan)).run(_wide)
        late = [_mean(run, 80) for run in (evolved, drawn)]
        gaps.append(late[0] - late[1])
    assert np.mean(gaps) > 0.15
    assert min(gaps) > 0


def _mean(run: Rehearsal, first: int) -> float:
    values = [run.told[number].scores[number].fitness for number in range(first, len(run.births))]
    return float(np.mean([value for value in values if value is not None]))


def test_the_best_few_are_trained_again_and_ranked_by_that() -> None:
    run = Rehearsal(_evolution(finalists=4)).run()
    best = [ranked.number for ranked in run.archive.best(4)]
    finals = [job for job in run.jobs if job.phase == "final"]
    assert [job.subjects[0] for job in finals] == best
    assert all(job.fidelity.steps == 400 for job in finals)
    assert len({job.seed for job in finals}) == 4
    assert run.outcome is not None
    scores = [run.told[member.job].scores[member.birth].fitness for member in run.outcome.members]
    assert scores == sorted(scores, key=lambda value: -(value or 0))
    assert run.outcome.metrics["fitness"] == scores[0]


def test_without_finalists_the_result_is_the_search_s_best() -> None:
    run = Rehearsal(_evolution(finalists=0)).run()
    assert all(job.phase == "search" for job in run.jobs)
    assert run.outcome is not None
    assert [member.birth for member in run.outcome.members] == [run.archive.best(1)[0].number]


def test_random_search_draws_without_looking_at_scores() -> None:
    plan = make_plan("random_search", TINY_IMAGES, seed=4, values={"evaluations": 40})
    assert Rehearsal(plan).run(hashed).births == Rehearsal(plan).run(_wide).births


def test_a_whole_first_population_of_failures_is_drawn_again() -> None:
    def failing_first(job: Job) -> Result:
        from searchengine.testing.contract import failing

        return failing(job) if job.number < 12 else _wide(job)

    run = Rehearsal(_evolution(population=5, sample_size=2)).run(failing_first)
    assert run.finished
    assert run.outcome is not None
    assert {birth.operator for birth in run.births[:12]} == {"random"}
    assert run.births[-1].operator == "mutation"


def test_the_control_of_a_method_searches_its_space_with_its_parameters() -> None:
    plan = make_plan("evanet", TINY_CLIPS, seed=4)
    beside = control_plan(plan)
    assert beside.params["space"] == "evanet"
    assert beside.params["space_params"] == plan.params
    assert planned_evaluations(beside) == planned_evaluations(plan)
    first = Rehearsal(beside).run(until_told=2)
    assert first.jobs[0].evaluator == "evanet"
    assert first.jobs[0].arguments["space_params"].items() <= plan.params.items()


def test_a_control_at_equal_cost_stops_at_the_first_candidate_that_reaches_it() -> None:
    plan = _evolution()
    run = Rehearsal(plan).run()
    cost = sum(job.cost for job in run.jobs if job.phase == "search" and job.reuse_of is None)
    control = Rehearsal(control_plan(plan, cost=cost)).run(workers=4, arrival=list)
    paid = [job.cost for job in control.jobs if job.phase == "search" and job.reuse_of is None]
    assert sum(paid) >= cost > sum(paid[:-1])


def test_random_search_has_no_control_and_says_so() -> None:
    with pytest.raises(UnknownName, match="random_search is a control itself"):
        control_plan(make_plan("random_search", TINY_IMAGES, seed=1))


def test_planned_evaluations_is_the_smaller_of_parameters_and_budget() -> None:
    values = {"evaluations": 50}
    assert planned_evaluations(make_plan("random_search", TINY_IMAGES, seed=1, values=values)) == 50
    budget = Budget(evaluations=20)
    assert (
        planned_evaluations(make_plan("random_search", TINY_IMAGES, seed=1, values=values, budget=budget))
        == 20
    )
