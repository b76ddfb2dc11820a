"""One step: what is told, what is asked, what is reused, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from searchengine import catalogue
from searchengine.core.archive import Archive, MemoryArchive
from searchengine.core.errors import (
    BrokenContract,
    DataRefused,
    InvalidParams,
    InvalidResult,
    StateMismatch,
    UnknownName,
)
from searchengine.core.jobs import Birth, Failure, Job, Proposal, Report, Result, Score
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.method import Asked, Outcome, Refused, Told
from searchengine.driver import Budget, Plan, make_plan, start, step
from searchengine.driver.envelope import Envelope
from searchengine.driver.step import MOST_REUSES_IN_A_ROW
from searchengine.methods.random_search.search import RandomSearch
from searchengine.testing.data import TINY_CLIPS, TINY_IMAGES
from searchengine.testing.rehearsal import Rehearsal, hashed


def _plan(**values: object) -> Plan:
    return make_plan("random_search", TINY_IMAGES, seed=1, values={"evaluations": 20, **values})


def _first(plan: Plan) -> tuple[str, dict[int, Job], MemoryArchive]:
    taken = step(plan, start(plan), {}, MemoryArchive())
    archive = MemoryArchive()
    for birth in taken.births:
        archive.add_birth(birth)
    for job in taken.jobs:
        archive.add_job(job)
    return taken.state, {job.number: job for job in taken.jobs}, archive


def test_the_first_step_fills_the_window_and_the_next_tells_in_order() -> None:
    plan = _plan()
    state, jobs, archive = _first(plan)
    assert sorted(jobs) == list(range(8))
    late = step(plan, state, {number: hashed(jobs[number]) for number in (1, 2, 3)}, archive)
    assert late.told == ()
    assert late.jobs == ()
    assert late.state == state
    both = step(plan, state, {number: hashed(jobs[number]) for number in (0, 1, 3)}, archive)
    assert [telling.job for telling in both.told] == [0, 1]
    assert [job.number for job in both.jobs] == [8, 9]
    kinds = [event.kind for event in both.events if event.kind in ("told", "birth")]
    assert kinds == ["told", "birth", "told", "birth"]


def test_a_job_holds_all_a_worker_needs_and_its_seed_follows_from_run_and_number() -> None:
    plan = _plan()
    _, jobs, _ = _first(plan)
    _, again, _ = _first(plan)
    _, other, _ = _first(replace(plan, seed=2))
    assert [job.seed for job in jobs.values()] == [job.seed for job in again.values()]
    assert not {job.seed for job in jobs.values()} & {job.seed for job in other.values()}
    job = jobs[3]
    assert job.evaluator == "chain"
    assert job.genomes == {3: loads(dumps(job.genomes[3]))}
    assert job.arguments["space_params"]["steps"] == 120
    assert job.recipe == plan.recipe


def test_times_and_curves_never_reach_a_search() -> None:
    plan = _plan()
    state, jobs, archive = _first(plan)
    fast = {0: replace(hashed(jobs[0]), seconds=0.1)}
    slow = {0: replace(hashed(jobs[0]), seconds=99.0, curve=[{"step": 1, "train_loss": 2.0}])}
    assert step(plan, state, fast, archive) == step(plan, state, slow, archive)


def test_an_equal_genome_is_told_in_its_turn_with_the_first_one_s_result() -> None:
    plan = make_plan(
        "random_search",
        TINY_IMAGES,
        seed=1,
        values={"evaluations": 300, "space_params": {"most_blocks": 1}},
    )
    run = Rehearsal(plan).run()
    reused = [job for job in run.jobs if job.reuse_of is not None]
    assert 100 < len(reused) < 300
    for job in reused:
        assert job.reuse_of is not None
        source = run.told[job.reuse_of]
        told = run.told[job.number]
        assert source.reuse_of is None
        assert told.reuse_of == job.reuse_of
        assert told.scores[job.subjects[0]] == source.scores[source.subjects[0]]
        assert told.artifacts == source.artifacts
    searched = [job for job in run.jobs if job.phase == "search"]
    paid = [job for job in searched if job.reuse_of is None]
    envelope = Envelope.from_text(run.state, plan.method)
    assert envelope.cost == pytest.approx(sum(job.cost for job in paid))
    assert (envelope.told_evaluations, envelope.told_reused) == (len(paid), len(searched) - len(paid))


def test_a_space_without_new_genomes_ends_a_search_that_only_cost_would_end() -> None:
    plan = make_plan(
        "random_search",
        TINY_IMAGES,
        seed=1,
        values={"evaluations": 1_000_000, "space_params": {"most_blocks": 1}},
        budget=Budget(cost=1e30),
    )
    run = Rehearsal(plan).run(workers=8, arrival=list)
    assert run.finished
    closing = [event.payload["reason"] for event in run.events if event.kind == "closing"]
    assert closing == [f"the last {MOST_REUSES_IN_A_ROW} genomes were all known: the space holds no new ones"]


def _result(job: Job, /, **changes: object) -> Result:
    return replace(hashed(job), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda job: _result(job, job=5), "expected the result of job 0, got one of job 5"),
        (lambda job: _result(job, scores={}), r"expected scores of \[0\], got \[\]"),
        (
            lambda job: _result(job, scores={0: Score({"fitness": float("nan")})}),
            "metrics must be finite; fitness",
        ),
        (lambda job: _result(job, scores={0: Score({"loss": float("inf")})}), "metrics must be finite; loss"),
        (lambda job: _result(job, findings={"text": "x" * 300_000}), "findings hold at most"),
        (
            lambda job: _result(job, scores={0: Score(failure=Failure("bug", "KeyError", "a trace"))}),
            "failed by a bug",
        ),
    ],
)
def test_a_result_that_cannot_be_told_is_refused_and_nothing_changes(
    spoil: Callable[[Job], Result], message: str
) -> None:
    plan = _plan()
    state, jobs, archive = _first(plan)
    with pytest.raises(InvalidResult, match=message):
        step(plan, state, {0: spoil(jobs[0])}, archive)
    assert step(plan, state, {0: hashed(jobs[0])}, archive).told


def test_a_lost_job_is_told_as_failed() -> None:
    plan = _plan()
    state, _, archive = _first(plan)
    lost = Result(0, {0: Score(failure=Failure("lost", "killed", "its process ended five times"))})
    taken = step(plan, state, {0: lost}, archive)
    assert taken.told[0].deaths[0].reason == "failed"
    assert taken.progress["failed"] == 1


@pytest.mark.parametrize(
    "text", ["", "null", "[1]", '{"format":1}', '{"format":2,"method":"random_search"}', "{" * 9999]
)
def test_a_state_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(StateMismatch):
        step(_plan(), text, {}, MemoryArchive())


def test_a_state_of_another_method_is_refused_by_name() -> None:
    state = start(make_plan("regularized_evolution", TINY_IMAGES, seed=1))
    with pytest.raises(
        StateMismatch, match="expected a state of random_search, got one of regularized_evolution"
    ):
        step(_plan(), state, {}, MemoryArchive())
    spoiled = loads(start(_plan()))
    spoiled["search"]["version"] = 7
    with pytest.raises(StateMismatch, match="version 1, got 7"):
        step(_plan(), dumps(spoiled), {}, MemoryArchive())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"method": "nobody"}, UnknownName, "there is no method 'nobody'"),
        ({"data": TINY_CLIPS}, InvalidParams, "searches on images; tiny-clips holds clips"),
        ({"seed": -1}, InvalidParams, "seed: expected a whole number from 0"),
        ({"seed": 2**70}, InvalidParams, "seed"),
        ({"seed": True}, InvalidParams, "seed"),
        ({"window": 0}, InvalidParams, "window: expected a whole number from 1"),
        ({"window": 10**9}, InvalidParams, "window"),
        ({"order": "arrival"}, InvalidParams, "results are told in birth order"),
        ({"params": {"space": "nothing"}}, InvalidParams, "space: there is no method or space 'nothing'"),
        ({"params": {"space": "random_search"}}, InvalidParams, "space"),
        ({"params": {"space_params": {"steps": 0}}}, InvalidParams, "space_params: steps: expected"),
        (
            {"params": {"space_params": {"blocks": 1}}},
            InvalidParams,
            "space_params: blocks: there is no such",
        ),
        ({"params": {"evaluations": 0}}, InvalidParams, "evaluations: expected a whole number from 1"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused_before_it_starts(
    change: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises((error, DataRefused), match=message):
        start(replace(_plan(), **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"population": 0}, "population"),
        ({"population": 1}, "population"),
        ({"sample_size": 0}, "sample_size"),
        ({"population": 5, "sample_size": 6}, "sample_size"),
        ({"population": float("nan")}, "population"),
        ({"population": "10"}, "population"),
        ({"sample_size": True}, "sample_size"),
        ({"rounds": 3}, "rounds"),
        ({"space_params": "[1]"}, "space_params"),
        ({"space_params": '{"steps": NaN}'}, "space_params"),
        ({"space_params": {"__class__": "os.system"}}, "space_params"),
    ],
)
def test_bad_parameters_are_refused_beside_their_field(values: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        make_plan("regularized_evolution", TINY_IMAGES, seed=1, values=values)
    assert set(refused.value.fields) == {field}


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="it has demo, overnight, paper"):
        make_plan("random_search", TINY_IMAGES, seed=1, preset="huge")


class Misbehaving(RandomSearch):
    """Random search with one promise broken by ``spoil``."""

    spoil: Callable[[Proposal, int], Proposal] = staticmethod(lambda proposal, number: proposal)
    at_once = 1

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        asked = super().ask(count, first_birth, archive)
        proposals = tuple(self.spoil(proposal, first_birth) for proposal in asked.proposals)
        return Asked(proposals * self.at_once, asked.refused)


def _numbered(proposal: Proposal, number: int) -> Proposal:
    return replace(proposal, births=(replace(proposal.births[0], number=number + 1),))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_numbered, "expected birth 0 next, got 1"),
        (lambda p, n: replace(p, subjects=(7,)), "subjects must be births below 1"),
        (lambda p, n: replace(p, subjects=(0, 0)), "names each subject once"),
        (lambda p, n: replace(p, cost=float("nan")), "cost of a proposal"),
        (lambda p, n: replace(p, births=(replace(p.births[0], parents=(0,)),)), "born before it"),
    ],
)
def test_a_method_that_breaks_its_promises_breaks_the_run(
    spoil: Callable[[Proposal, int], Proposal], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, type("Spoiled", (Misbehaving,), {"spoil": staticmethod(spoil)}))
    plan = _plan()
    with pytest.raises(BrokenContract, match=message):
        step(plan, start(plan), {}, MemoryArchive())


def test_more_proposals_than_asked_for_break_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, type("Eager", (Misbehaving,), {"at_once": 2}))
    with pytest.raises(BrokenContract, match="asked for 1 proposal, got 2"):
        step(_plan(), start(_plan()), {}, MemoryArchive())


def test_births_after_the_close_break_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, type("Deaf", (Misbehaving,), {"close": lambda self: None}))
    with pytest.raises(BrokenContract, match="the search is closed"):
        step(_plan(), start(_plan()), {}, MemoryArchive(), closing=True)


def test_a_search_that_neither_proposes_nor_finishes_breaks_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, type("Mute", (Misbehaving,), {"ask": lambda self, count, first, archive: Asked()}))
    with pytest.raises(BrokenContract, match="does not call itself finished"):
        step(_plan(), start(_plan()), {}, MemoryArchive())


def _use(monkeypatch: pytest.MonkeyPatch, search: type[RandomSearch]) -> None:
    """Let the driver's plans of random search use another search class."""
    method = replace(catalogue.method("random_search"), search=search)
    monkeypatch.setattr(catalogue, "method", lambda slug: method)


class OneRefusal(RandomSearch):
    """Reports a refused child before its third proposal."""

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        asked = super().ask(count, first_birth, archive)
        if first_birth != 2:
            return asked
        refused = Refused({"schema": 1}, (0,), "expected at most 10 parameters, got 11")
        return Asked(asked.proposals, (refused,))


def test_refused_children_are_recorded_with_their_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, OneRefusal)
    taken = step(_plan(), start(_plan()), {}, MemoryArchive())
    assert len(taken.refused) == 1
    refusals = [event for event in taken.events if event.kind == "refused"]
    assert refusals[0].payload["reason"] == "expected at most 10 parameters, got 11"
    assert len(taken.births) == 8


class TwoGenomesAJob:
    """Scores two births a job, and needs what it finds: a search whose jobs are no single trainings."""

    def __init__(self, *parts: object) -> None:
        self.state_now: Json = dict(parts[4]) if parts[4] else {"asked": 0, "found": [], "closed": False}  # type: ignore[call-overload]

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        if self.state_now["closed"] or self.state_now["asked"] == 3:
            return Asked()
        self.state_now["asked"] += 1
        births = tuple(Birth(first_birth + n, {"gene": 1}, "same key") for n in (0, 1))
        return Asked(
            (Proposal("rank", tuple(birth.number for birth in births), births, inputs={"w": "a" * 64}),)
        )

    def tell(self, report: Report, archive: Archive) -> Told:
        self.state_now["found"].append(report.findings["rank"])
        return Told(tuple(report.subjects), keep=frozenset({"b" * 64}))

    def close(self) -> None:
        self.state_now["closed"] = True

    @property
    def finished(self) -> bool:
        return self.state_now["closed"] or len(self.state_now["found"]) == 3

    def progress(self) -> Json:
        return {"cycle": len(self.state_now["found"]), "of": 3, "population": []}

    def state(self) -> Json:
        return self.state_now

    def outcome(self, archive: Archive) -> Outcome:
        return Outcome("pool", ())


def test_a_job_may_score_many_genomes_and_hand_back_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, TwoGenomesAJob)  # type: ignore[arg-type]
    plan = _plan()

    def ranked(job: Job) -> Result:
        scores = {number: Score({"fitness": number / 10}) for number in job.subjects}
        return Result(job.number, scores, findings={"rank": job.number})

    run = Rehearsal(plan).run(ranked, workers=2, arrival=list)
    assert run.finished
    assert [job.subjects for job in run.jobs] == [(0, 1), (2, 3), (4, 5)]
    assert all(job.reuse_of is None for job in run.jobs)
    assert loads(run.state)["search"]["found"] == [0, 1, 2]
    first = step(plan, start(plan), {}, MemoryArchive())
    assert first.keep == {"a" * 64}, "inputs of jobs still to run are kept"
