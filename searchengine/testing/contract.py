"""The contract every method must pass, as a pytest class.

Subclass ``MethodContract`` in a test module and give it a fixture ``slug``; every method of the catalogue is
run this way in ``tests/contracts``. Nothing is trained: scores come from genomes by a hash (``rehearsal``),
the driver, the archive and the method are the real ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import searchengine
from searchengine import catalogue
from searchengine.core.archive import MemoryArchive
from searchengine.core.budget import Budget
from searchengine.core.controls import ControlParams
from searchengine.core.errors import InvalidGenome, InvalidParams, StateMismatch
from searchengine.core.generator import first_generator
from searchengine.core.jobs import Birth, Failure, Job, Proposal, Report, Result, Score
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.method import Accepts, Method, Refused, Search
from searchengine.core.params import knobs
from searchengine.driver import Plan, control_plan, make_plan
from searchengine.driver.envelope import LARGEST_STATE, Envelope
from searchengine.driver.plan import Parts
from searchengine.testing.data import tiny_for
from searchengine.testing.rehearsal import (
    Rehearsal,
    constant,
    one_at_random,
    some_at_random,
)

EVALUATIONS = 40


def plan_for(
    slug: str,
    *,
    seed: int = 11,
    window: int | None = None,
    evaluations: int = EVALUATIONS,
    preset: str | None = None,
) -> Plan:
    """A small plan: the demo preset on a tiny data set the method accepts, closed after ``evaluations``."""
    found = catalogue.method(slug)
    data = tiny_for(searched(found))
    budget = Budget(evaluations=evaluations)
    return make_plan(slug, data, seed=seed, preset=preset, window=window, budget=budget)


def searched(method: Method) -> Accepts:
    """What data the method accepts; a control takes what its default space takes."""
    if issubclass(method.params, ControlParams):
        return catalogue.spaces()[method.params().space].accepts
    return method.accepts


def long_values(slug: str, evaluations: int) -> Json:
    """Values of one whole-number parameter under which the method plans at least ``evaluations``; none when
    its demo does already, or when it cannot say what it plans."""
    found = catalogue.method(slug)
    preset = dict(found.presets["demo"].values)
    planned = found.planned
    if planned is None or planned(found.params.parse(preset)) >= evaluations:
        return {}
    for view in knobs(found.params):
        if view.kind != "integer" or view.high is None:
            continue
        values = {view.name: int(view.high)}
        try:
            if planned(found.params.parse({**preset, **values})) >= evaluations:
                return values
        except InvalidParams:
            continue
    return {}


def failing(job: Job) -> Result:
    """Every genome fails."""
    failure = Score(failure=Failure("bad_genome", "nan", "the loss is not a number"))
    return Result(job.number, dict.fromkeys(job.subjects, failure))


class MethodContract:
    """Tests of one method; a subclass gives the fixture ``slug``."""

    @pytest.fixture
    def method(self, slug: str) -> Method:
        return catalogue.method(slug)

    @pytest.fixture(scope="class")
    def wholes(self) -> dict[str, Rehearsal]:
        return {}

    @pytest.fixture
    def whole(self, slug: str, wholes: dict[str, Rehearsal]) -> Rehearsal:
        """The run left alone, with one worker."""
        if slug not in wholes:
            wholes[slug] = Rehearsal(plan_for(slug)).run()
        return wholes[slug]

    # What it declares

    def test_has_the_three_presets_and_each_parses(self, method: Method) -> None:
        assert {"demo", "overnight", "paper"} <= set(method.presets)
        for preset in method.presets.values():
            params = method.params.parse(dict(preset.values))
            assert method.params.parse(loads(dumps(params.to_json()))) == params
            assert preset.window >= 1
            assert preset.cost

    def test_every_parameter_has_help_and_a_default_in_range(self, method: Method) -> None:
        for view in knobs(method.params):
            assert view.help.strip(), view.name
            assert view.help == view.help.strip()
            if view.kind in ("integer", "number") and view.default is not None:
                assert view.low is None or view.low <= view.default, view.name
                assert view.high is None or view.default <= view.high, view.name
            if view.choices:
                assert view.default in view.choices

    def test_an_unknown_parameter_and_a_value_out_of_range_are_refused_in_words(self, method: Method) -> None:
        with pytest.raises(InvalidParams) as refused:
            method.params.parse({"no_such_parameter": 1})
        assert "no_such_parameter" in refused.value.fields
        for view in knobs(method.params):
            if view.kind not in ("integer", "number"):
                continue
            for value in _outside(view.low, view.high):
                with pytest.raises(InvalidParams) as refused:
                    method.params.parse({view.name: value})
                assert len(str(refused.value)) > len(view.name) + 10

    def test_its_control_can_be_launched_beside_it(self, slug: str, method: Method) -> None:
        if method.control is None:
            assert method.is_control
            return
        plan = plan_for(slug)
        beside = control_plan(plan)
        assert beside.method == method.control
        assert (beside.data, beside.seed, beside.window, beside.recipe) == (
            plan.data, plan.seed, plan.window, plan.recipe,
        )  # fmt: skip
        assert Rehearsal(beside).run().finished

    # Order

    def test_the_same_seed_gives_the_same_history_and_another_seed_another(
        self, slug: str, whole: Rehearsal
    ) -> None:
        assert whole.finished
        assert len(whole.births) > 1
        assert Rehearsal(plan_for(slug)).run().history() == whole.history()
        assert Rehearsal(plan_for(slug, seed=12)).run().history() != whole.history()

    def test_history_does_not_depend_on_workers_timing_or_grouping(self, slug: str, whole: Rehearsal) -> None:
        for workers, arrival in (
            (2, one_at_random(1)),
            (64, one_at_random(2)),
            (64, some_at_random(3)),
            (64, list),
        ):
            other = Rehearsal(plan_for(slug)).run(workers=workers, arrival=arrival)
            assert other.history() == whole.history()

    def test_history_of_a_constant_evaluator_depends_on_order_alone(self, slug: str) -> None:
        alone = Rehearsal(plan_for(slug)).run(constant)
        shuffled = Rehearsal(plan_for(slug)).run(constant, workers=8, arrival=some_at_random(4))
        assert shuffled.history() == alone.history()

    def test_asking_for_many_equals_asking_one_by_one(self, slug: str) -> None:
        for told in (0, 1, 7, 20):
            run = Rehearsal(plan_for(slug)).run(until_told=told)
            at_once, one_by_one = _search(run), _search(run)
            together = at_once.ask(3, len(run.births), _copy(run))
            archive, births = _copy(run), len(run.births)
            singly: list[Proposal] = []
            refused: list[Refused] = []
            for _ in range(3):
                asked = one_by_one.ask(1, births, archive)
                refused += asked.refused
                if not asked.proposals:
                    break
                singly += asked.proposals
                for birth in asked.proposals[0].births:
                    archive.add_birth(birth)
                    births += 1
            assert list(together.proposals) == singly
            assert list(together.refused) == refused
            assert dumps(at_once.state()) == dumps(one_by_one.state())

    # State

    def test_a_run_resumed_at_any_point_equals_one_never_stopped(self, slug: str, whole: Rehearsal) -> None:
        for told in range(0, len(whole.told), max(1, len(whole.told) // 7)):
            before = Rehearsal(plan_for(slug)).run(until_told=told)
            after = Rehearsal.from_text(before.to_text()).run()
            assert after.history() == whole.history(), f"stopped after {told} results"

    def test_it_resumes_in_another_process_with_another_hash_seed_and_without_torch(
        self, slug: str, whole: Rehearsal, tmp_path: Path
    ) -> None:
        file = tmp_path / "rehearsal.json"
        file.write_text(Rehearsal(plan_for(slug)).to_text())
        for hash_seed, until in (("1", "9"), ("2", str(len(whole.told)))):
            _continue_elsewhere(file, hash_seed, until)
        assert Rehearsal.from_text(file.read_text()).run().history() == whole.history()

    def test_its_state_stays_small_however_long_it_runs(self, slug: str) -> None:
        few, many = (_largest_state(slug, evaluations) for evaluations in (150, 600))
        assert many <= LARGEST_STATE
        assert many <= few * 1.5 + 512

    def test_a_state_of_another_method_or_of_none_is_refused(self, slug: str, whole: Rehearsal) -> None:
        other = next(name for name in catalogue.methods() if name != slug)
        for text in ("", "{}", "[]", "null", whole.state.replace('"format":1', '"format":99', 1)):
            with pytest.raises(StateMismatch):
                Envelope.from_text(text, slug)
        with pytest.raises(StateMismatch):
            Envelope.from_text(whole.state, other)

    def test_everything_it_hands_over_survives_json(self, whole: Rehearsal) -> None:
        for birth in whole.births:
            assert Birth.from_json(loads(dumps(birth.to_json()))) == birth
        for job in whole.jobs:
            assert Job.from_json(loads(dumps(job.to_json()))) == job
        for report in whole.told:
            assert Report.from_json(loads(dumps(report.to_json()))) == report
        assert Plan.from_json(loads(dumps(whole.plan.to_json()))) == whole.plan

    def test_a_snapshot_can_be_gone_on_from(self, whole: Rehearsal) -> None:
        for _, state in whole.milestones:
            envelope = Envelope.from_text(state, whole.plan.method)
            parts = Parts(whole.plan)
            search = parts.method.search(
                parts.params, parts.space, whole.plan.data, first_generator(0), envelope.search
            )
            assert dumps(search.state()) == dumps(envelope.search)

    # Ending

    def test_closing_at_any_moment_ends_in_the_final_phase(self, slug: str) -> None:
        for told in (0, 1, 5, 17):
            run = Rehearsal(plan_for(slug)).run(workers=4, arrival=some_at_random(told), until_told=told)
            run.step(closing=True)
            births = len(run.births)
            run.run(workers=4)
            assert run.finished
            assert len(run.births) == births
            assert len(run.told) == len(run.jobs)

    def test_a_search_in_which_everything_fails_ends_and_finds_nothing(self, slug: str) -> None:
        run = Rehearsal(plan_for(slug)).run(failing)
        assert run.finished
        assert run.outcome is None
        assert not any(birth.parents for birth in run.births)

    def test_it_names_what_it_found(self, whole: Rehearsal, method: Method) -> None:
        outcome = whole.outcome
        assert outcome is not None
        assert outcome.kind == method.result
        assert outcome.members
        for member in outcome.members:
            assert member.birth in whole.jobs[member.job].subjects
            assert whole.told[member.job].scores[member.birth].failure is None
            if member.weights is not None:
                assert member.weights in whole.told[member.job].artifacts.values()

    # Lineage

    def test_a_failed_birth_is_never_a_parent_and_never_enters(self, whole: Rehearsal) -> None:
        failed = {
            number
            for report in whole.told
            if report.phase == "search"
            for number, score in report.scores.items()
            if score.failure is not None
        }
        assert failed, "the hashed evaluator fails one genome in nine"
        for birth in whole.births:
            assert not failed & set(birth.parents)
            assert all(parent < birth.number for parent in birth.parents)
        for event in whole.events:
            if event.kind == "told" and event.payload["phase"] == "search":
                assert not failed & set(event.payload["entered"])

    def test_nobody_dies_twice_or_is_a_parent_after_death(self, whole: Rehearsal) -> None:
        dead: set[int] = set()
        for event in whole.events:
            if event.kind == "death":
                assert event.payload["birth"] not in dead
                assert event.payload["reason"]
                dead.add(event.payload["birth"])
            elif event.kind == "birth":
                assert not dead & set(event.payload["parents"])

    def test_every_child_differs_from_its_parent_and_says_how(self, whole: Rehearsal) -> None:
        keys = {birth.number: birth.key for birth in whole.births}
        for birth in whole.births:
            if len(birth.parents) == 1:
                assert birth.key != keys[birth.parents[0]]
            if birth.parents:
                assert birth.changes
                assert all(change.text and change.operator for change in birth.changes)

    def test_an_equal_genome_under_the_same_protocol_is_told_from_history(self, whole: Rehearsal) -> None:
        seen: dict[tuple[str, str], int] = {}
        keys = {birth.number: birth.key for birth in whole.births}
        for job in whole.jobs:
            if len(job.subjects) != 1 or job.phase == "final":
                continue
            pair = (keys[job.subjects[0]], job.protocol)
            if job.reuse_of is not None:
                assert seen[pair] == job.reuse_of
            seen.setdefault(pair, job.number)

    def test_events_are_complete(self, whole: Rehearsal) -> None:
        kinds = [event.kind for event in whole.events]
        assert kinds.count("birth") == len(whole.births)
        assert kinds.count("told") == len(whole.jobs)
        assert kinds.count("finished") == 1
        assert kinds[-1] == "finished"

    # Genomes

    def test_every_genome_passes_its_own_check_and_has_one_key(self, whole: Rehearsal) -> None:
        parts = Parts(whole.plan)
        if parts.space is None:
            return
        for birth in whole.births:
            parts.space.check(birth.genome)
            again = loads(dumps(birth.genome))
            assert parts.space.key(again) == birth.key

    def test_every_genome_is_a_network_of_the_data_s_classes(self, whole: Rehearsal) -> None:
        parts = Parts(whole.plan)
        if parts.space is None:
            return
        for birth, job in zip(whole.births, whole.jobs, strict=False):
            network = parts.space.describe(birth.genome, whole.plan.data.setting(job.fidelity))
            assert network.classes == len(whole.plan.data.classes)
            assert network.parameters > 0
            assert json.loads(json.dumps(network.to_json())) == network.to_json()

    def test_bad_genomes_are_refused_in_words(self, whole: Rehearsal) -> None:
        space = Parts(whole.plan).space
        if space is None:
            return
        for genome in _spoiled(whole.births[0].genome):
            with pytest.raises(InvalidGenome) as refused:
                space.check(genome)
            assert len(str(refused.value)) > 10

    def test_mutation_is_a_function_of_genome_and_generator(self, whole: Rehearsal) -> None:
        space = Parts(whole.plan).space
        if space is None:
            return
        genome = whole.births[0].genome
        before = dumps(genome)
        for seed in range(20):
            first = space.mutate(genome, first_generator(seed))
            second = space.mutate(genome, first_generator(seed))
            assert first == second
            assert dumps(genome) == before, "a mutation must leave its parent alone"
            assert space.key(first.genome) != space.key(genome)
            space.check(first.genome)


def _outside(low: float | None, high: float | None) -> Iterator[object]:
    yield "three"
    yield float("nan")
    yield True
    if low is not None:
        yield type(low)(low - 1)
    if high is not None:
        yield type(high)(high + 1)


def _search(run: Rehearsal) -> Search:
    parts = Parts(run.plan)
    envelope = Envelope.from_text(run.state, run.plan.method)
    return parts.method.search(parts.params, parts.space, run.plan.data, first_generator(0), envelope.search)


def _copy(run: Rehearsal) -> MemoryArchive:
    return Rehearsal.from_text(run.to_text()).archive


def _largest_state(slug: str, evaluations: int) -> int:
    data = tiny_for(searched(catalogue.method(slug)))
    plan = make_plan(
        slug, data, seed=5, values=long_values(slug, evaluations), budget=Budget(evaluations=evaluations)
    )
    return Rehearsal(plan).run(workers=plan.window, arrival=list).largest_state


def _continue_elsewhere(file: Path, hash_seed: str, until: str) -> None:
    root = str(Path(searchengine.__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "searchengine.testing.rehearsal", str(file), "--until-told", until],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _spoiled(genome: Json) -> Iterator[Any]:
    """A valid genome with one thing wrong."""
    yield None
    yield []
    yield {}
    yield "genome"
    yield {**genome, "unknown_gene": 1}
    for name, value in genome.items():
        rest = dict(genome)
        del rest[name]
        yield rest
        yield {**genome, name: {"__class__": "os.system"}}
        yield {**genome, name: None}
        if isinstance(value, int) and not isinstance(value, bool):
            yield {**genome, name: str(value)}
            yield {**genome, name: 10**30}
        if isinstance(value, list):
            yield {**genome, name: []}
            yield {**genome, name: value * 10_000}
