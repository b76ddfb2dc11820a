"""The search: over-connected founders, guided children, what the state keeps."""

import numpy as np
import pytest

from searchengine.core.jobs import Failure, Result, Score
from searchengine.driver import make_plan
from searchengine.driver.envelope import Envelope
from searchengine.driver.plan import Parts
from searchengine.methods.assemblenet.connections import from_blocks
from searchengine.methods.assemblenet.describe import Frame, describe
from searchengine.methods.assemblenet.genome import parse
from searchengine.testing.rehearsal import Rehearsal, hashed
from tests.engine.methods.assemblenet.published import SMALL_DATA


def plan(**values):
    return make_plan("assemblenet", SMALL_DATA, seed=3, values=values)


def fine(job):
    """A score for every genome: none fails."""
    found = hashed(job)
    scores = {
        number: score if score.failure is None else Score({"fitness": 0.01, "accuracy": 0.01})
        for number, score in found.scores.items()
    }
    return Result(found.job, scores, found.findings, found.artifacts)


def test_children_lose_what_their_own_parent_found_weak():
    run = Rehearsal(plan()).run(fine)
    reports = {report.subjects[0]: report for report in run.told if report.phase == "search"}
    children = [birth for birth in run.births if birth.operator == "mutation"]
    assert len(children) == 20
    for birth in children:
        parent = run.births[birth.parents[0]]
        weights = from_blocks(parse(parent.genome), reports[parent.number].findings["weights"])
        told = birth.changes[0].arguments
        weak = sorted(edge for edge, weight in weights.items() if weight <= 0.5)
        assert sorted(tuple(edge) for edge in told["dropped"]) == weak
        absent = _absent(parse(parent.genome))
        assert told["q"] == pytest.approx(len(weak) / absent if absent else 0, abs=1e-6)


def _absent(genome):
    possible = sum(a.level < b.level for a in genome.nodes for b in genome.nodes)
    return possible - len(list(genome.edges))


def test_random_rewiring_shares_founders_and_drops_as_many():
    guided, random = (Rehearsal(plan(rewiring=rule)).run(fine) for rule in ("guided", "random"))
    assert [b.key for b in guided.births[:8]] == [b.key for b in random.births[:8]]
    differ = 0
    for birth in random.births[8:]:
        told = birth.changes[0].arguments
        parent = run_parent(random, birth)
        weights = from_blocks(parse(parent.genome), random.archive.report(parent.number).findings["weights"])
        weak = {edge for edge, weight in weights.items() if weight <= 0.5}
        assert len(told["dropped"]) == len(weak)
        differ += {tuple(edge) for edge in told["dropped"]} != weak
    assert differ > 10


def run_parent(run, birth):
    return run.births[birth.parents[0]]


def test_a_child_gets_fewer_structural_mutations_as_rounds_go_by():
    run = Rehearsal(plan(mutations_start=4, mutations_decay=5)).run(fine)
    counts = [
        sum(change.operator != "rewire" for change in birth.changes)
        for birth in run.births
        if birth.operator == "mutation"
    ]
    assert max(counts[:5]) == 4
    assert set(counts[15:]) == {1}


def test_no_genome_is_born_twice_while_new_ones_are_found():
    run = Rehearsal(plan()).run(fine)
    assert len({birth.key for birth in run.births}) == len(run.births)


def test_the_population_keeps_its_size_and_the_least_fit_leaves():
    run = Rehearsal(plan()).run(fine)
    deaths = [event for event in run.events if event.kind == "death"]
    assert len(deaths) == 20
    assert {event.payload["reason"] for event in deaths} == {"lost"}
    assert run.outcome.kind == "network"
    assert len(run.outcome.members) == 2


def test_the_finals_hold_the_weights_of_their_own_births():
    run = Rehearsal(plan()).run(fine)
    finals = [job for job in run.jobs if job.phase == "final"]
    assert len(finals) == 2
    for job in finals:
        birth = run.births[job.subjects[0]]
        assert job.arguments["frozen"] == run.archive.report(birth.number).findings["weights"]


def test_failures_never_become_parents():
    def failing(job):
        if job.subjects[0] % 2:
            failure = Failure("bad_genome", "nan", "the loss is not a number")
            return Result(job.number, {one: Score(failure=failure) for one in job.subjects})
        return fine(job)

    run = Rehearsal(plan()).run(failing)
    assert run.finished
    assert all(parent % 2 == 0 for birth in run.births for parent in birth.parents)


def test_one_shot_reads_connections_off_a_fully_connected_graph():
    run = Rehearsal(plan(mode="one_shot", finalists=1)).run(fine)
    first, second = run.births
    graph = parse(first.genome)
    assert first.operator == "fully_connected"
    assert len(list(graph.edges)) == sum(a.level < b.level for a in graph.nodes for b in graph.nodes)
    weights = from_blocks(graph, run.archive.report(0).findings["weights"])
    assert second.operator == "read_off"
    dropped = {tuple(edge) for edge in second.changes[0].arguments["dropped"]}
    assert dropped == {edge for edge, weight in weights.items() if weight <= 0.5}
    assert run.outcome.members


def test_one_shot_ends_when_there_is_nothing_to_read_off():
    """Not one weak connection: the graph read off would be its parent again."""
    run = Rehearsal(plan(mode="one_shot", threshold=0.0)).run(fine)
    assert run.finished
    assert [birth.operator for birth in run.births] == ["fully_connected"]
    assert [member.birth for member in run.outcome.members] == [0]


def test_one_shot_ends_when_its_training_fails():
    def failing(job):
        failure = Failure("bad_genome", "nan", "the loss is not a number")
        return Result(job.number, {one: Score(failure=failure) for one in job.subjects})

    run = Rehearsal(plan(mode="one_shot")).run(failing)
    assert run.finished
    assert len(run.births) == 1
    assert run.outcome is None


def test_one_shot_says_where_it_is():
    parts = Parts(plan(mode="one_shot"))
    search = parts.method.search(parts.params, parts.space, SMALL_DATA, np.random.default_rng(0), None)
    assert search.progress()["phase"] == "fully connected graph"
    run = Rehearsal(plan(mode="one_shot")).run(fine)
    search.ask(1, 0, run.archive)
    first = next(report for report in run.told if report.phase == "search")
    search.tell(first, run.archive)
    assert search.progress()["phase"] == "read off"


def test_where_nothing_new_is_found_a_copy_is_born_and_not_trained_again():
    """One block a level and one dilation: only connections can change, and strong ones do not."""
    values = {
        "most_blocks": [1, 1, 1, 1], "fewest_stems": 2, "most_stems": 2, "dilations": [1],
        "population": 20, "rounds": 150, "sample_size": 5,
    }  # fmt: skip
    run = Rehearsal(plan(**values)).run(fine)
    assert run.finished
    keys = {birth.key for birth in run.births}
    assert len(keys) < len(run.births) == 170
    trained = [job for job in run.jobs if job.phase == "search" and job.reuse_of is None]
    assert len(trained) == len(keys)


def test_a_threshold_may_be_drawn_for_every_child():
    run = Rehearsal(plan(threshold_rule="uniform")).run(fine)
    drawn = [b.changes[0].arguments["threshold"] for b in run.births if b.operator == "mutation"]
    assert len(set(drawn)) == len(drawn)
    assert 0.2 < np.mean(drawn) < 0.8


def test_inherited_weights_are_handed_to_the_connections_that_went_on():
    run = Rehearsal(plan(inherit_logits=True)).run(fine)
    for job in run.jobs:
        birth = run.births[job.subjects[0]]
        if job.phase != "search" or birth.operator != "mutation":
            continue
        parent = run_parent(run, birth)
        learned = from_blocks(parse(parent.genome), run.archive.report(parent.number).findings["weights"])
        start = from_blocks(parse(birth.genome), job.arguments["start"])
        origin = {now: was for was, now in birth.changes[0].arguments["nodes"]}
        for (source, target), weight in start.items():
            was = (origin.get(source, -1), origin.get(target, -1))
            assert weight == pytest.approx(learned.get(was, 0.5), abs=1e-4)


def test_the_state_holds_weights_of_the_living_and_stays_small():
    large = {
        "population": 100, "sample_size": 10, "rounds": 300, "stem_total": 64,
        "level_totals": [64, 64, 64, 64], "most_blocks": [4, 4, 4, 4], "fewest_stems": 6, "most_stems": 6,
    }  # fmt: skip
    run = Rehearsal(plan(**large)).run(fine)
    assert run.largest_state < 64 * 1024


def test_progress_counts_the_weights_of_the_living():
    run = Rehearsal(plan()).run(fine)
    parts = Parts(run.plan)
    state = Envelope.from_text(run.state, "assemblenet").search
    search = parts.method.search(parts.params, parts.space, SMALL_DATA, np.random.default_rng(0), state)
    progress = search.progress()
    living = progress["population"]
    expected = sum(len(parse(run.births[number].genome).weighted) for number in living)
    assert sum(progress["weights"]) == expected > 0
    assert (progress["cycle"], progress["of"]) == (20, 20)
    assert progress["phase"] == "finished"


def test_one_shot_stays_within_the_caps_while_graphs_do():
    free = Rehearsal(plan(mode="one_shot")).run(fine).births[0]
    size = describe(parse(free.genome), SMALL_DATA.setting(), Frame()).parameters
    capped = Rehearsal(plan(mode="one_shot", max_parameters=size - 1)).run(fine)
    first = describe(parse(capped.births[0].genome), SMALL_DATA.setting(), Frame())
    assert first.parameters < size
    assert any(event.kind == "refused" for event in capped.events)
