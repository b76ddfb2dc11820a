"""The search by the real driver, scores made from genomes: rounds, barriers, rehearsal, locking, ending."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from searchengine.core.archive import MemoryArchive
from searchengine.core.errors import InvalidParams
from searchengine.core.generator import first_generator
from searchengine.core.jobs import Failure, Job, Report, Result, Score
from searchengine.core.jsontext import Json, digest, loads
from searchengine.core.pareto import hypervolume
from searchengine.core.setting import DataSummary
from searchengine.driver.plan import make_plan
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, is_space, parse, parse_path
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.search import NseSearch
from searchengine.methods.nse.space import NseSpace
from searchengine.testing.rehearsal import Rehearsal, hashed

DIGITS = DataSummary(
    slug="digits", title="Digits", fingerprint="1" * 32, modality="images", shape=(1, 8, 8),
    classes=tuple("0123456789"), sizes={"train": 1079, "validation": 359, "test": 359}, labels="single",
    flow=False, mirror_safe=False,
)  # fmt: skip
SMALL: Json = {
    "candidates": 20,
    "guards": 6,
    "paths_a_job": 5,
    "band_low": 300.0,
    "band_high": 900.0,
    "guard_width": 150.0,
}
"""A band that gates made up by a hash do reach."""


def run(
    evaluate: Callable[[Job], Result] = hashed, *, until_told: int | None = None, close_at: int | None = None,
    **values: object,
) -> Rehearsal:  # fmt: skip
    plan = make_plan("nse", DIGITS, seed=3, values={**SMALL, **values})
    return Rehearsal(plan).run(evaluate, until_told=until_told, close_at=close_at)


def exact(job: Job) -> Result:
    """A fixed worth a genome, whatever supernet scores it; nothing fails."""
    scores = {
        number: Score({"fitness": int(digest(genome)[:8], 16) / 2**32, "accuracy": 0.5})
        for number, genome in job.genomes.items()
    }
    return Result(
        job.number, scores, findings=hashed(job).findings, artifacts={"weights": digest(job.number) * 2}
    )


def space_of(found: Rehearsal, job: Job) -> SpaceGenome:
    genome = parse(found.births[job.subjects[0]].genome)
    assert isinstance(genome, SpaceGenome)
    return genome


def trainings(found: Rehearsal) -> list[Job]:
    return [job for job in found.jobs if job.kind == "train_supernet"]


def scorings(found: Rehearsal, number: int) -> list[Job]:
    """Scoring jobs of the ``number``-th round, from 0."""
    places = [job.number for job in trainings(found)] + [10**9]
    return [
        job for job in found.jobs
        if job.kind == "score_paths" and places[number] < job.number < places[number + 1]
    ]  # fmt: skip


def history(found: Rehearsal) -> list[Json]:
    """What the search remembers of its rounds."""
    state = loads(found.state)
    return list(state["search"]["history"])


def test_every_round_trains_anew_and_scores_with_its_own_supernet() -> None:
    found = run(exact)
    assert len(trainings(found)) == 3
    for number, training in enumerate(trainings(found)):
        assert training.inputs == {}, "weights never go over to the next round"
        jobs = scorings(found, number)
        assert jobs
        made = digest(training.number) * 2
        assert {job.inputs["supernet"] for job in jobs} == {made}
        assert all(tuple(map(tuple, job.arguments["built"])) == tuple(
            tuple(sorted(ops)) for ops in space_of(found, training).space.active
        ) for job in jobs)  # fmt: skip


def test_a_round_scores_its_paths_once_in_the_band_and_guards_below() -> None:
    found = run(exact)
    limits = NseSpace(NseParams.parse(SMALL), DIGITS).limits
    for number, training in enumerate(trainings(found)):
        active = space_of(found, training).space.active
        subjects = [subject for job in scorings(found, number) for subject in job.subjects]
        assert len(set(subjects)) == len(subjects)
        for subject in subjects:
            birth = found.births[subject]
            genome = parse(birth.genome)
            assert isinstance(genome, PathGenome)
            assert all(set(ops) <= set(held) for ops, held in zip(genome.path, active, strict=True))
            cost = limits.costs.of(genome.path)
            if birth.operator == "guard":
                assert limits.band.low - limits.guard_width <= cost < limits.band.low
            else:
                assert limits.band.low <= cost <= limits.band.high
        fresh = [one for one in found.births if one.cycle == number + 1 and not is_space(one.genome)]
        counts = [one.operator for one in fresh]
        assert (counts.count("candidate"), counts.count("guard")) == (20, 6)
        assert all(one.parents == training.subjects for one in fresh)


def test_the_front_is_locked_and_the_rest_makes_room_in_order() -> None:
    found = run(exact, stall_cap=False)
    spaces = [space_of(found, job).space for job in trainings(found)]
    for number, (before, after) in enumerate(pairwise(spaces)):
        members = [birth for birth, _, _ in history(found)[number]["front"]]
        paths = [parse(found.births[birth].genome) for birth in members]
        for cell in range(7):
            used = {op for path in paths if isinstance(path, PathGenome) for op in path.path[cell]}
            assert set(after.locked[cell]) == used
            entered = [op for op in after.active[cell] if op not in used]
            assert tuple(entered) == before.pending[cell][: len(entered)]
            assert len(after.active[cell]) == max(len(used), min(4, len(used) + len(before.pending[cell])))
        assert found.births[trainings(found)[number + 1].subjects[0]].parents == tuple(sorted(members))


def test_the_old_front_is_scored_again_before_it_competes() -> None:
    found = run(exact, stall_cap=False)
    for number in (1, 2):
        old = {birth for birth, _, _ in history(found)[number - 1]["front"]}
        assert set(scorings(found, number)[0].subjects) == old
        again = {subject for job in scorings(found, number) for subject in job.subjects}
        for birth, _, _ in history(found)[number]["front"]:
            assert birth in again, "nothing stays on the front by a score of another supernet"
    without = run(exact, rehearse=False)
    assert all(found.births[s].cycle == 2 for s in scorings(without, 1)[0].subjects)


def test_a_capped_cell_lets_a_waiting_operation_in() -> None:
    found = run(exact)
    for job in trainings(found)[1:]:
        space = space_of(found, job).space
        for locked, active, pending in zip(space.locked, space.active, space.pending, strict=True):
            assert len(locked) <= 3 or not pending
            assert len(active) == 4 or not pending


def test_in_single_mode_no_path_holds_two_operations_of_a_cell() -> None:
    found = run(exact, branches="single", band_low=60.0, band_high=400.0, guard_width=30.0)
    paths = [birth.genome["path"] for birth in found.births if not is_space(birth.genome)]
    assert len(paths) > 30
    assert max(len(ops) for path in paths for ops in path) == 1


def test_guards_are_never_kept() -> None:
    found = run(exact)
    guards = {birth.number for birth in found.births if birth.operator == "guard"}
    assert guards
    for one in history(found):
        assert not guards & {birth for birth, _, _ in one["front"]}
    assert found.outcome is not None
    assert not guards & {member.birth for member in found.outcome.members}


def test_where_guards_dominate_everything_the_front_of_the_band_is_kept() -> None:
    def guards_win(job: Job) -> Result:
        result = exact(job)
        if job.kind != "score_paths":
            return result
        worth = {
            number: score.metrics["fitness"] / 2 + (job.genomes[number]["path"] in below) / 2
            for number, score in result.scores.items()
        }
        scores = {number: Score({"fitness": value, "accuracy": 0.5}) for number, value in worth.items()}
        return Result(job.number, scores)

    # The same seed draws the same first round, whatever its paths are worth.
    below = [birth.genome["path"] for birth in run(exact).births if birth.operator == "guard"]
    found = run(guards_win, rounds=1)
    (one,) = history(found)
    guards = {birth.number for birth in found.births if birth.operator == "guard"}
    values = {birth: value for birth, _, value in one["front"]}
    assert values
    assert not guards & set(values)
    scored = {
        number: score.fitness for report in found.told for number, score in report.scores.items()
        if report.kind == "score_paths"
    }  # fmt: skip
    assert min(scored[guard] for guard in guards) > max(values.values())
    assert max(values.values()) == max(scored[birth] for birth in set(scored) - guards)


def test_a_round_of_which_guards_alone_are_scored_ends_the_search_and_is_told_once() -> None:
    def only_guards(job: Job) -> Result:
        result = exact(job)
        if job.kind != "score_paths" or set(job.subjects) & guards:
            return result
        failure = Score(failure=Failure("bad_genome", "diverged", "not a number"))
        return Result(job.number, dict.fromkeys(job.subjects, failure))

    guards = {birth.number for birth in run(exact, rounds=1).births if birth.operator == "guard"}
    found = run(only_guards, rounds=1)
    assert found.finished
    assert [(one["round"], one["front"]) for one in history(found)] == [(1, [])]


def test_with_rehearsal_under_an_exact_scorer_the_front_never_gets_worse() -> None:
    """Guards may push an old member off and are then forgotten, the cap may take its ops: both are off."""
    found = run(exact, guards=0, stall_cap=False)
    reference = (1e9, 0.0)
    volumes = [
        hypervolume([(cost, value) for _, cost, value in one["front"]], reference) for one in history(found)
    ]
    assert volumes == sorted(volumes)


def test_a_round_is_a_barrier() -> None:
    """While a supernet trains, or the last scores are out, nothing else is asked."""
    found = run(exact, until_told=0)
    assert [job.kind for job in found.jobs] == ["train_supernet"]
    whole = run(exact)
    told = [report.job for report in whole.told]
    for training in trainings(whole)[1:]:
        assert told.index(training.number) > max(told.index(n) for n in range(training.number))


def test_a_supernet_that_diverges_ends_the_search_with_the_front_it_has() -> None:
    def second_fails(job: Job) -> Result:
        if job.kind == "train_supernet" and job.number > 0:
            failure = Score(failure=Failure("bad_genome", "diverged", "the loss grew"))
            return Result(job.number, dict.fromkeys(job.subjects, failure))
        return exact(job)

    found = run(second_fails)
    assert found.finished
    assert len(trainings(found)) == 2
    assert found.outcome is not None
    assert found.outcome.kind == "front"
    assert {m.birth for m in found.outcome.members} <= {birth for birth, _, _ in history(found)[0]["front"]}


def test_stopped_in_the_middle_of_a_round_what_it_scored_counts() -> None:
    found = run(exact, close_at=4)
    assert found.finished
    assert found.outcome is not None
    assert found.outcome.members
    assert any(job.phase == "final" for job in found.jobs)


def dearer_is_better(job: Job) -> Result:
    """Every path is on the front: what costs more is worth more."""
    result = exact(job)
    if job.kind != "score_paths":
        return result
    limits = NseSpace(NseParams.parse(SMALL), DIGITS).limits
    paths = {number: parse_path(genome).path for number, genome in job.genomes.items()}
    scores = {
        number: Score({"fitness": limits.costs.of(path) / 1e7, "accuracy": 0.5})
        for number, path in paths.items()
    }
    return Result(job.number, scores, findings=result.findings)


def test_of_a_long_front_the_dearest_is_trained_again_and_others_evenly_below_it() -> None:
    found = run(dearer_is_better, rounds=1, finalists=4, stall_cap=False)
    front = [birth for birth, _, _ in history(found)[0]["front"]]
    assert len(front) > 12
    final = [job.subjects[0] for job in found.jobs if job.phase == "final"]
    places = [front.index(birth) for birth in final]
    assert places[0] == len(front) - 1
    steps = [upper - lower for upper, lower in pairwise(places)]
    assert len(final) == 4
    assert all(len(front) // 4 <= step <= len(front) // 4 + 1 for step in steps)


def test_where_no_operation_can_enter_the_search_ends_and_says_so() -> None:
    """Every operation of every cell is used by a front of all paths, and without the cap they fill it."""
    found = run(dearer_is_better, subset_size=2, stall_cap=False, band_low=60.0, finalists=1)
    assert [one["round"] for one in history(found)] == [1]
    assert found.finished
    plan = make_plan("nse", DIGITS, seed=3, values={**SMALL, "subset_size": 2, "stall_cap": False})
    search = NseSearch(
        NseParams.parse(plan.params), NseSpace(NseParams.parse(plan.params), DIGITS), DIGITS,
        first_generator(3), loads(found.state)["search"],
    )  # fmt: skip
    assert search.progress()["standstill"] == "stalled"
    assert search.progress()["left_over"] > 0, "what was never tried is told beside it"


def test_all_paths_of_a_round_are_calibrated_alike_and_as_asked() -> None:
    for calibration, momentum in (("cumulative", None), ("momentum", 0.1)):
        found = run(exact, calibration=calibration, calibration_batches=7)
        seeds = [
            {job.arguments["calibration_seed"] for job in scorings(found, number)} for number in range(3)
        ]
        assert [len(one) for one in seeds] == [1, 1, 1]
        assert len(set.union(*seeds)) == 3
        asked = [job.arguments for job in found.jobs if job.kind == "score_paths"]
        assert {(one["momentum"], one["calibration_batches"]) for one in asked} == {(momentum, 7)}


def test_the_supernet_is_kept_while_paths_are_scored_with_it() -> None:
    for told in range(1, 7):
        found = run(exact, until_told=told)
        assert digest(0) * 2 in loads(found.state)["keep"]


def test_closed_while_nothing_is_out_it_ends_with_what_the_round_has_scored() -> None:
    params = NseParams.parse(SMALL)
    search = NseSearch(params, NseSpace(params, DIGITS), DIGITS, first_generator(3), None)
    archive, births = MemoryArchive(), 0
    for number in range(4):
        (proposal,) = search.ask(1, births, archive).proposals
        for birth in proposal.births:
            archive.add_birth(birth)
        births += len(proposal.births)
        genomes = {one: archive.birth(one).genome for one in proposal.subjects}
        job = Job(
            number, "nse", proposal.kind, proposal.subjects, genomes, 1, proposal.fidelity,
            proposal.arguments, dict(proposal.inputs), {}, 1.0, proposal.phase, "protocol",
        )  # fmt: skip
        done = exact(job)
        report = Report(number, job.kind, job.phase, job.subjects, done.scores, done.findings, done.artifacts)
        archive.add_report(report)
        told = search.tell(report, archive)
        assert not told.entered
    best = search.outcome(archive).members[0].birth
    search.close()
    (proposal,) = search.ask(1, births, archive).proposals
    assert (proposal.phase, proposal.subjects) == ("final", (best,))
    assert not search.finished


def test_finalists_are_spread_over_the_front_with_the_most_accurate() -> None:
    found = run(exact, finalists=3, candidates=60)
    final = [job.subjects[0] for job in found.jobs if job.phase == "final"]
    front = history(found)[-1]["front"]
    assert len(final) == min(3, len(front))
    assert final[0] == max(front, key=lambda one: one[2])[0]
    assert set(final) <= {birth for birth, _, _ in front}


def test_the_result_is_what_was_trained_and_can_be_taken_away() -> None:
    found = run(exact, finalists=2, guards=0)
    assert found.outcome is not None
    assert len(found.outcome.members) == 2
    assert all(member.weights is not None for member in found.outcome.members)
    during = run(exact, until_told=12)
    assert during.outcome is not None
    assert all(member.weights is None for member in during.outcome.members)


def test_the_state_stays_small_at_paper_size() -> None:
    found = run(hashed, candidates=600, guards=50, paths_a_job=20, rounds=2)
    assert found.largest_state < 24 * 1024


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"cells": "NXN"}, "cells"),
        ({"channels": [8, 16]}, "stages"),
        ({"rounds": 9}, "rounds 9 is more than"),
        ({"final_excitation": True, "finalists": 0}, "raise finalists or switch final_excitation off"),
        ({"excitation": True, "channels": [2, 16, 24]}, "squeeze-and-excitation leaves one channel of 4"),
        ({"final_excitation": True, "channels": [8, 3, 24]}, "a cell with 3 hidden channels"),
        ({"subset_size": 14}, "larger than the pool"),
        ({"band_low": 300.0, "band_high": 200.0}, "band_low must be below"),
        ({"band_low": 90_000.0, "band_high": 99_000.0}, "no path costs from"),
        ({"band_low": 1.0, "band_high": 2.0}, "no path costs from"),
        ({"band_low": 900.0}, "raise band_high"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(values: Json, field: str) -> None:
    with pytest.raises(InvalidParams, match=field):
        make_plan("nse", DIGITS, seed=0, values=values)


def test_the_band_follows_the_images() -> None:
    """On the digits the usual figures; on larger images as much more as the cheapest path costs more."""
    small = NseSpace(NseParams(), DIGITS).limits
    assert (small.target, small.band.low, small.band.high) == pytest.approx(
        (119_194, 89_395, 198_656), rel=1e-3
    )
    large = NseSpace(NseParams(), DIGITS.__class__(**{**vars(DIGITS), "shape": (3, 32, 32)})).limits
    ratio = large.costs.least("NRNNENN") / small.costs.least("NRNNENN")
    assert large.band.low / small.band.low == pytest.approx(ratio)
