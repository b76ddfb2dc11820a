"""A search by latency: the table first, then rounds with its costs; the whole contract under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from searchengine.core.errors import InvalidParams
from searchengine.core.jobs import Failure, Job, Result, Score
from searchengine.core.jsontext import Json, loads
from searchengine.driver.control import control_plan
from searchengine.driver.plan import Plan, make_plan
from searchengine.methods.nse import costs
from searchengine.methods.nse.genome import PathGenome, is_space, parse
from searchengine.methods.nse.latency import latency_costs, needed_keys, to_json
from searchengine.methods.nse.panels import PANELS
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.rehearsal import MACS_A_MICROSECOND
from searchengine.methods.nse.results import front_cost
from searchengine.methods.nse.space import NseSpace
from searchengine.methods.nse.state import Entry
from searchengine.report.panels import draw
from searchengine.testing import contract
from searchengine.testing.contract import MethodContract
from searchengine.testing.rehearsal import Rehearsal, hashed, some_at_random

from ..histories import history_of
from .cases import SMALL as SKELETON
from .test_latency import IMAGES, made_up
from .test_search import DIGITS, SMALL, exact

ROUND: Json = {"candidates": 20, "guards": 6, "paths_a_job": 5}
BY_TIME: Json = {**ROUND, "resource": "latency", "band_low": 1.0, "band_high": 3.0, "guard_width": 0.5}
"""A band in milliseconds that the made up table's paths do reach."""
TABLE = "ab" * 32


class TestContractByLatency(MethodContract):
    """Everything the contract asks of a method, of NSE under a latency table that it measures first."""

    @pytest.fixture
    def slug(self, monkeypatch: pytest.MonkeyPatch) -> str:
        def by_latency(*given: Any, values: Json | None = None, **more: Any) -> Plan:
            return make_plan(*given, **more, values={**(values or {}), "resource": "latency"})

        monkeypatch.setattr(contract, "make_plan", by_latency)
        return "nse"

    def test_it_is_a_latency_search(self, whole: Rehearsal) -> None:
        assert whole.plan.params["resource"] == "latency"
        assert [job.kind for job in whole.jobs[:2]] == ["measure_latency", "train_supernet"]


def run(evaluate: Callable[[Job], Result] = exact, **values: object) -> Rehearsal:
    return Rehearsal(make_plan("nse", DIGITS, seed=3, values={**BY_TIME, **values})).run(evaluate)


def with_table(job: Job) -> Result:
    """As a worker hands it back: the table is an artifact."""
    found = exact(job)
    if job.kind != "measure_latency":
        return found
    return Result(job.number, found.scores, found.findings, {"table": TABLE})


def table_of(space: NseSpace) -> Json:
    return to_json(made_up(needed_keys(space.trained, space.images, space.classes)))


def test_the_table_is_measured_first_once_and_alone() -> None:
    begun = Rehearsal(make_plan("nse", DIGITS, seed=3, values=BY_TIME)).run(until_told=0)
    assert [job.kind for job in begun.jobs] == ["measure_latency"]
    found = run(with_table)
    assert [job.kind for job in found.jobs].count("measure_latency") == 1
    first, second = found.jobs[0], found.jobs[1]
    assert first.arguments["repetitions"] == 20
    assert first.subjects == second.subjects == (0,), "the first round's space is born once"
    assert [is_space(birth.genome) for birth in found.births].count(True) == 3


def test_the_state_holds_costs_and_the_table_s_artifact_is_kept_to_the_end() -> None:
    found = run(with_table)
    state = loads(found.state)
    assert state["search"]["measuring"]["table"] == TABLE
    assert TABLE in state["keep"]
    assert len(state["search"]["measuring"]["costs"]["ops"]) == 7
    assert found.largest_state < 24 * 1024


def test_rounds_are_searched_by_the_costs_of_the_table() -> None:
    found = run(with_table)
    table = costs.macs(SKELETON, (3, 8, 8), 10)  # what the rehearsal measures
    trainings = [job for job in found.jobs if job.kind == "train_supernet"]
    assert len(trainings) == 3
    for job in trainings:
        genome = parse(found.births[job.subjects[0]].genome)
        active = table.of_active(genome.space.active)  # type: ignore[union-attr]
        assert job.arguments["costs"]["ops"] == [
            [cost / MACS_A_MICROSECOND for cost in row] for row in active
        ]
        assert job.arguments["target"] == pytest.approx(2.4 * table.least("NRNNENN") / MACS_A_MICROSECOND)
    for birth in found.births:
        genome = parse(birth.genome)
        if not isinstance(genome, PathGenome):
            continue
        milliseconds = table.of(genome.path) / MACS_A_MICROSECOND / 1000
        if birth.operator == "guard":
            assert 0.5 <= milliseconds < 1.0
        else:
            assert 1.0 <= milliseconds <= 3.0
    assert found.outcome is not None
    assert found.outcome.members


def test_given_the_same_table_the_history_is_the_same_for_any_timing() -> None:
    one, other = (
        Rehearsal(make_plan("nse", DIGITS, seed=3, values=BY_TIME)).run(
            with_table, workers=workers, arrival=some_at_random(workers)
        )
        for workers in (1, 3)
    )
    assert one.history() == other.history()


def test_another_table_makes_another_history() -> None:
    def slower(job: Job) -> Result:
        found = with_table(job)
        if job.kind == "measure_latency":
            table = found.findings["costs"]
            rows = [[cost * (1 + (place % 2)) for place, cost in enumerate(row)] for row in table["ops"]]
            found.findings["costs"] = {"ops": rows, "fixed": table["fixed"]}
        return found

    assert [birth.key for birth in run(with_table).births] != [birth.key for birth in run(slower).births]


def test_a_given_table_is_taken_and_nothing_is_measured() -> None:
    table = table_of(NseSpace(NseParams(), DIGITS))
    values = {**ROUND, "resource": "latency", "latency_table": table}
    found = Rehearsal(make_plan("nse", DIGITS, seed=3, values=values)).run(exact)
    assert "measure_latency" not in {job.kind for job in found.jobs}
    expected = latency_costs(made_up(needed_keys(SKELETON, IMAGES, 10)), SKELETON, IMAGES, 10)
    training = found.jobs[0]
    genome = parse(found.births[0].genome)
    active = expected.of_active(genome.space.active)  # type: ignore[union-attr]
    assert training.arguments["costs"]["ops"] == [list(row) for row in active]
    assert "latency_table" not in training.arguments["space_params"]
    assert found.outcome is not None


def test_a_given_table_that_lacks_layers_is_refused_at_launch() -> None:
    table = table_of(NseSpace(NseParams(), DIGITS))
    values = {"resource": "latency", "latency_table": {**table, "entries": table["entries"][:-2]}}
    with pytest.raises(InvalidParams, match="lacks 2 of the layers") as refused:
        make_plan("nse", DIGITS, seed=3, values=values)
    assert set(refused.value.fields) == {"latency_table"}
    larger = DIGITS.__class__(**{**vars(DIGITS), "shape": (1, 12, 12)})
    with pytest.raises(InvalidParams, match="the space and the images that the table was measured for"):
        make_plan("nse", larger, seed=3, values={"resource": "latency", "latency_table": table})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"latency_table": {"schema": 1}, "resource": "latency"}, "table: missing table, device"),
        ({"latency_table": {"schema": 1}}, "the resource is macs; set resource to latency"),
        ({"latency_table": "no json", "resource": "latency"}, "expected a JSON object"),
    ],
)
def test_a_table_out_of_place_is_refused_beside_it(values: Json, words: str) -> None:
    with pytest.raises(InvalidParams, match=words) as refused:
        make_plan("nse", DIGITS, seed=3, values=values)
    assert set(refused.value.fields) == {"latency_table"}


def test_a_measurement_that_fails_ends_the_search_with_its_reason() -> None:
    def failing(job: Job) -> Result:
        failure = Score(failure=Failure("bad_genome", "infeasible", "no path costs so much"))
        return Result(job.number, dict.fromkeys(job.subjects, failure), {}, {"table": TABLE})

    found = run(failing)
    assert found.finished
    assert found.outcome is None
    assert [job.kind for job in found.jobs] == ["measure_latency"]
    state = loads(found.state)
    (scores,) = draw(("scores",), history_of(found), PANELS)
    assert "no path costs so much." in scores.help
    assert TABLE in state["keep"], "the table was measured, and can be looked at"


def test_a_control_without_a_table_keeps_the_band_in_multiply_adds() -> None:
    plan = make_plan("nse", DIGITS, seed=3, values={"resource": "latency", "band_low": 1.0, "band_high": 3.0})
    control: Plan = control_plan(plan)
    found = Rehearsal(control).run(hashed, until_told=5)
    usual = NseSpace(NseParams(), DIGITS).limits
    for birth in found.births:
        genome = parse(birth.genome)
        assert isinstance(genome, PathGenome)
        assert usual.band.low <= usual.costs.of(genome.path) <= usual.band.high


def test_the_plan_counts_the_measurement() -> None:
    counted = NseParams.parse({**SMALL, "resource": "latency"})
    assert counted.evaluations() == NseParams.parse(SMALL).evaluations() + 1


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, None),
        ({"resource": "parameters"}, {"name": "parameters"}),
        ({"resource": "latency"}, {"name": "latency", "members": {"7": 0.5, "9": 1.25}}),
        ({"resource": "latency", "final_scale": 1.5}, None),
        ({"resource": "latency", "final_excitation": True}, None),
        (
            {"resource": "latency", "excitation": True},
            {"name": "latency", "members": {"7": 0.5, "9": 1.25}},
        ),
    ],
)
def test_a_front_says_what_it_trades_where_the_table_still_holds(values: Json, wanted: Json | None) -> None:
    front = [Entry(7, ((0,),), 500.0, 0.8, 1, 1, False), Entry(9, ((1,),), 1250.0, 0.9, 1, 1, False)]
    assert front_cost(NseParams.parse(values), front) == wanted
