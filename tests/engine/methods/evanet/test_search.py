"""The steady-state tournament, rehearsed through the real driver without training."""

import json

import pytest

from searchengine.core.jobs import Failure, Result, Score
from searchengine.core.schedules import mutations_for_round
from searchengine.driver import make_plan
from searchengine.driver.envelope import LARGEST_STATE, Envelope
from searchengine.testing.rehearsal import Rehearsal, hashed, some_at_random
from tests.engine.methods.evanet.published import SMALL_DATA

QUIET = {"baselines": False}


def rehearse(values=None, *, seed=3, window=8, evaluate=hashed, close_at=None, until_told=None):
    plan = make_plan("evanet", SMALL_DATA, seed=seed, values=values or {}, window=window)
    return Rehearsal(plan).run(evaluate, close_at=close_at, until_told=until_told)


def search_state(run):
    return json.loads(run.state)["search"]


def fitness_of(run, number):
    return run.archive.score(number).fitness


@pytest.fixture(scope="module")
def demo():
    return rehearse()


def test_the_whole_first_population_is_told_before_any_child_is_born(demo):
    births = [birth for birth in demo.births if birth.operator != "hand_made"]
    assert [birth.cycle for birth in births[:10]] == [0] * 10
    assert all(birth.parents for birth in births[10:])
    first_child = next(place for place, event in enumerate(demo.events) if event.payload.get("cycle") == 1)
    told = [
        event
        for event in demo.events[:first_child]
        if event.kind == "told" and event.payload["phase"] == "search"
    ]
    assert len(told) == 10


def test_a_fifth_of_the_first_population_comes_from_hand_made_networks_with_one_mutation(demo):
    first = demo.births[:10]
    assert [birth.operator for birth in first] == ["seeded"] * 2 + ["random"] * 8
    assert all(birth.changes[0].operator == "hand_made" for birth in first[:2])
    assert all(len(birth.changes) == 2 for birth in first[:2])
    assert len({birth.key for birth in first}) == 10, "no two are equal"


def test_all_hybrid_seeds_differ_even_when_they_come_from_the_same_network():
    run = rehearse({"population": 30, "hybrid_share": 1.0, "rounds": 0})
    assert [birth.operator for birth in run.births[:30]] == ["seeded"] * 30
    assert len({birth.key for birth in run.births[:30]}) == 30


def test_random_initialisation_draws_everything():
    run = rehearse({"initialisation": "random", "rounds": 0, **QUIET})
    assert {birth.operator for birth in run.births} == {"random"}


def test_a_child_gets_the_mutations_of_its_round_and_the_number_falls(demo):
    children = [birth for birth in demo.births if birth.operator == "mutation"]
    counts = [len(child.changes) for child in children]
    assert counts == [mutations_for_round(child.cycle - 1, 3, 10) for child in children]
    assert set(counts) == {3, 2, 1}
    assert counts == sorted(counts, reverse=True)


def test_the_least_fit_leaves_after_the_child_has_entered_and_failures_never_enter(demo):
    alive, seen = [], 0
    for event in demo.events:
        if event.kind == "told" and event.payload["phase"] == "search":
            alive += event.payload["entered"]
            failed = [int(number) for number in event.payload["failures"]]
            assert not set(failed) & set(alive)
            seen += len(failed)
        elif event.kind == "death":
            if event.payload["reason"] == "failed":
                continue
            assert event.payload["reason"] == "lost"
            least = min(alive, key=lambda number: (fitness_of(demo, number), number))
            assert event.payload["birth"] == least
            alive.remove(least)
        assert len(alive) <= 11
    assert seen > 0
    assert sorted(alive) == sorted(number for number, _ in search_state(demo)["population"])
    assert len(alive) == 10


def test_a_failed_network_is_never_a_parent_and_the_fittest_of_the_sample_is(demo):
    failed = {birth.number for birth in demo.births if birth.operator != "hand_made"} - {
        birth.number
        for birth in demo.births
        if demo.archive.score(birth.number) is not None and demo.archive.score(birth.number).failure is None
    }
    parents = [parent for birth in demo.births for parent in birth.parents]
    assert failed
    assert not failed & set(parents)
    everyone = rehearse({"sample_size": 10, **QUIET}, window=1)
    alive, best = [], []
    for event in everyone.events:
        if event.kind == "told" and event.payload["phase"] == "search":
            alive += event.payload["entered"]
        elif event.kind == "death" and event.payload["reason"] == "lost":
            alive.remove(event.payload["birth"])
        elif event.kind == "birth" and event.payload["parents"]:
            best.append(
                (event.payload["parents"][0], max(alive, key=lambda n: (fitness_of(everyone, n), -n)))
            )
    assert best
    assert all(parent == fittest for parent, fittest in best), (
        "a sample of everyone has the fittest for a parent"
    )


def test_removal_is_by_fitness_not_by_age():
    run = rehearse({"rounds": 120, **QUIET})
    assert min(number for number, _ in search_state(run)["population"]) < 60
    assert any(event.payload["birth"] > 60 for event in run.events if event.kind == "death")


def test_with_everyone_failing_the_search_goes_on_with_random_networks_and_ends_without_members():
    def failing(job):
        failure = Score(failure=Failure("bad_genome", "nan", "the loss is not a number"))
        return Result(job.number, dict.fromkeys(job.subjects, failure))

    run = rehearse(evaluate=failing)
    assert run.finished
    assert run.outcome is None
    assert {birth.operator for birth in run.births[14:]} == {"random"}


def test_known_children_are_answered_from_history_and_cost_no_round():
    small = {
        "blocks": 1,
        "temporal_sizes": [1, 3],
        "max_branches": 2,
        "max_repeats": 2,
        "rounds": 20,
        "population": 4,
    }
    run = rehearse({**small, "mutations_start": 1, **QUIET})
    reused = [job for job in run.jobs if job.reuse_of is not None]
    paid = [job for job in run.jobs if job.phase == "search" and job.reuse_of is None]
    assert reused
    assert len(paid) == 4 + 20, "children known already did not use up the rounds"
    counted = Envelope.from_text(run.state, "evanet")
    assert (counted.told_evaluations, counted.told_reused) == (4 + 20, len(reused))
    assert run.finished
    by_job = {report.job: report for report in run.told}
    for job in reused:
        earlier = by_job[job.reuse_of]
        assert by_job[job.number].scores[job.subjects[0]] == earlier.scores[earlier.subjects[0]]


def test_a_space_that_holds_nothing_new_ends_too():
    tiny = {"meta": "inception", "blocks": 1, "temporal_sizes": [1], "max_branches": 1, "width": 2}
    run = rehearse({**tiny, "rounds": 200, "population": 4, **QUIET})
    assert run.finished


def test_finalists_are_the_best_distinct_networks_of_the_archive(demo):
    finals = [
        job
        for job in demo.jobs
        if job.kind == "retrain" and demo.births[job.subjects[0]].operator != "hand_made"
    ]
    subjects = [job.subjects[0] for job in finals]
    assert subjects == [ranked.number for ranked in demo.archive.best(3)]
    assert len({demo.births[number].key for number in subjects}) == 3
    (ensemble,) = [job for job in demo.jobs if job.kind == "ensemble"]
    assert set(ensemble.subjects) <= set(subjects)
    assert set(ensemble.inputs) == {str(number) for number in ensemble.subjects}


def test_a_lost_champion_is_still_a_finalist():
    """The archive decides, not the last population: the fittest is pushed out by nothing, so a re-evaluation
    is."""
    run = rehearse({"rounds": 60, "population": 4, "ensemble_size": 8, **QUIET})
    alive = {number for number, _ in search_state(run)["population"]}
    finals = {job.subjects[0] for job in run.jobs if job.kind == "retrain"}
    assert len(finals) == 8
    assert finals - alive


def test_the_result_is_an_ensemble_judged_on_validation_with_its_members(demo):
    assert demo.outcome.kind == "ensemble"
    assert 1 <= len(demo.outcome.members) <= 3
    assert demo.outcome.metrics["accuracy"] == 0.9
    finals = {job.number for job in demo.jobs if job.kind == "retrain"}
    assert {member.job for member in demo.outcome.members} <= finals
    assert all(member.weights for member in demo.outcome.members)
    assert not any("test" in json.dumps(job.to_json()) for job in demo.jobs)


def test_weights_of_leaders_and_finalists_are_kept(demo):
    leaders = {leader["weights"] for leader in search_state(demo)["leaders"]}
    assert leaders
    assert leaders <= set(json.loads(demo.state)["keep"])
    assert {member.weights for member in demo.outcome.members} <= set(json.loads(demo.state)["keep"])


def test_hand_made_networks_are_trained_like_finalists_and_never_compete(demo):
    made = [birth for birth in demo.births if birth.operator == "hand_made"]
    assert [birth.changes[0].arguments["name"] for birth in made] == ["conv3d", "conv2p1d", "itgm", "flat"]
    numbers = {birth.number for birth in made}
    assert not numbers & {parent for birth in demo.births for parent in birth.parents}
    assert not numbers & {member.birth for member in demo.outcome.members}
    retrained = {job.arguments["learning_rate"] for job in demo.jobs if job.kind == "retrain"}
    steps = {job.fidelity.steps for job in demo.jobs if job.kind == "retrain"}
    assert (retrained, steps) == ({0.05}, {240})


def test_final_seeds_train_each_finalist_again_and_rank_by_the_mean():
    run = rehearse({"final_seeds": 3, "rounds": 10, **QUIET})
    finals = [job for job in run.jobs if job.kind == "retrain"]
    assert len(finals) == 9
    assert len({job.seed for job in finals}) == 9
    trained = {one["birth"]: one["fitness"] for one in search_state(run)["finale"]["trained"]}
    means = [sum(trained[m.birth]) / len(trained[m.birth]) for m in run.outcome.members]
    assert means == sorted(means, reverse=True)


def test_a_closed_search_goes_straight_to_its_final_phase_without_births():
    run = rehearse(close_at=12)
    closing = next(place for place, event in enumerate(run.events) if event.kind == "closing")
    assert not [event for event in run.events[closing:] if event.kind == "birth"]
    assert run.finished
    assert run.outcome.members


def test_re_evaluating_the_elite_ranks_it_by_its_mean():
    def once_lucky(job):
        """Birth 0 scores high the first time and low ever after; everyone else is in between."""
        (number, *_), first = job.subjects, job.number == 0
        fitness = (0.9 if first else 0.1) if number == 0 else 0.5 + number / 1000
        scores = {subject: Score({"fitness": fitness, "accuracy": fitness}) for subject in job.subjects}
        return Result(job.number, scores, artifacts={"weights": "a" * 64})

    lucky = rehearse({"rounds": 20, **QUIET}, evaluate=once_lucky)
    checked = rehearse({"rounds": 20, "reevaluate_elite": 5, **QUIET}, evaluate=once_lucky)
    assert 0 in {job.subjects[0] for job in lucky.jobs if job.kind == "retrain"}
    again = [job for job in checked.jobs if job.kind == "train" and job.subjects == (0,)]
    assert len(again) > 1
    assert 0 not in {number for number, _ in search_state(checked)["population"]}
    assert 0 not in {job.subjects[0] for job in checked.jobs if job.kind == "retrain"}


def test_children_can_inherit_their_parents_weights():
    run = rehearse({"inherit_weights": True, "rounds": 15, **QUIET})
    weights = {
        report.subjects[0]: report.artifacts["weights"] for report in run.told if report.kind == "train"
    }
    children = [job for job in run.jobs if job.kind == "train" and run.births[job.subjects[0]].parents]
    assert all(job.inputs == {"parent": weights[run.births[job.subjects[0]].parents[0]]} for job in children)
    assert all(job.reuse_of is None for job in run.jobs)


@pytest.mark.parametrize("name", ["max_parameters", "max_macs"])
def test_children_over_a_cap_are_refused_before_training_and_recorded(name):
    limit = {"max_parameters": 12_000, "max_macs": 900_000}[name]
    run = rehearse({name: limit, "rounds": 20})
    refused = [event for event in run.events if event.kind == "refused"]
    assert refused
    assert all(f"the limit is {limit}" in event.payload["reason"] for event in refused)
    assert run.finished


def test_the_state_stays_small_at_the_largest_population():
    values = {
        "population": 200, "sample_size": 50, "rounds": 60, "inherit_weights": True, "reevaluate_elite": 1,
        "ensemble_size": 10, "final_seeds": 5,
    }  # fmt: skip
    run = rehearse(values, window=64)
    assert run.largest_state <= LARGEST_STATE


def test_history_is_the_same_with_several_workers_in_any_order(demo):
    plan = make_plan("evanet", SMALL_DATA, seed=3, values={}, window=8)
    other = Rehearsal(plan).run(workers=4, arrival=some_at_random(1))
    assert other.history() == demo.history()


def test_progress_shows_the_itgm_layers_of_the_best_network_that_has_any(demo):
    itgm = search_state(demo)["finale"]["itgm"]
    assert itgm["birth"] in {member.birth for member in demo.outcome.members}
    assert itgm["layers"][0]["layer"] == "stem.conv"
