"""The job that measures a latency table, as a worker runs it: what it stores, stopping and going on."""

from __future__ import annotations

import pytest
import torch

from searchengine.core.errors import Stopped
from searchengine.core.jobs import Proposal
from searchengine.core.jsontext import Json, loads
from searchengine.data.prepared import PreparedData
from searchengine.driver.plan import make_plan
from searchengine.methods.nse import measuring
from searchengine.methods.nse.latency import LayerKey, latency_costs, needed_keys, parse
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.nets.latency import device_name, timed
from searchengine.testing.rehearsal import Rehearsal
from tests.engine.methods.bench import Bench, Listener

VALUES: Json = {
    "resource": "latency", "cells": "NE", "channels": [4, 8], "latency_repetitions": 3, "latency_batch": 2,
    "round_steps": 8, "batch": 16,
}  # fmt: skip
SKELETON = Skeleton("NE", (4, 8), 1, 64, True, "small13")
KEYS = needed_keys(SKELETON, (1, 8, 8), 10)


@pytest.fixture
def asked(digits: PreparedData) -> tuple[Proposal, dict[int, Json]]:
    """The first job of a search by latency."""
    run = Rehearsal(make_plan("nse", digits.summary, seed=1, values=VALUES)).run(until_told=0)
    job = run.jobs[0]
    return Proposal(job.kind, job.subjects, fidelity=job.fidelity, arguments=job.arguments), job.genomes


def test_every_layer_is_measured_and_the_table_says_where(
    bench: Bench, asked: tuple[Proposal, dict[int, Json]]
) -> None:
    listener = Listener()
    output = bench.run(*asked, listener=listener)
    table = parse(loads(bench.store.path(output.artifacts["table"]).read_text()))
    assert tuple(table.entries) == KEYS
    assert all(time > 0 for time in table.entries.values())
    assert (table.device, table.threads) == (device_name(torch.device("cpu")), torch.get_num_threads())
    assert (table.batch, table.repetitions, table.torch) == (2, 3, torch.__version__)
    assert table.measured.endswith("+00:00")
    costs = latency_costs(table, SKELETON, (1, 8, 8), 10)
    assert output.findings["costs"] == {"ops": [list(row) for row in costs.ops], "fixed": costs.fixed}
    assert output.scores[0].fitness is None
    assert output.scores[0].metrics == {"layers": len(KEYS)}
    assert listener.steps[0][1] == len(KEYS)


def test_the_least_of_the_repetitions_counts_after_the_warm_up(
    bench: Bench, asked: tuple[Proposal, dict[int, Json]], monkeypatch: pytest.MonkeyPatch
) -> None:
    how: list[Json] = []

    def timed(call: object, device: object, **given: object) -> list[float]:
        how.append(given)
        return [3e-6, 2e-6, 5e-6]

    monkeypatch.setattr(measuring, "timed", timed)
    proposal, genomes = asked
    output = bench.run(proposal, genomes, attempt="timed")
    table = parse(loads(bench.store.path(output.artifacts["table"]).read_bytes()))
    assert set(table.entries.values()) == {2.0}
    assert {one["warm_up"] for one in how} == {measuring.WARM_UP}
    assert {one["repetitions"] for one in how} == {table.repetitions}


def test_a_band_that_the_device_cannot_reach_is_a_failure_that_says_so(
    bench: Bench, digits: PreparedData
) -> None:
    values = {**VALUES, "band_low": 5000.0, "band_high": 6000.0}
    job = Rehearsal(make_plan("nse", digits.summary, seed=1, values=values)).run(until_told=0).jobs[0]
    proposal = Proposal(job.kind, job.subjects, fidelity=job.fidelity, arguments=job.arguments)
    output = bench.run(proposal, job.genomes)
    failure = output.scores[0].failure
    assert failure is not None
    assert "no path costs from 5,000 to 6,000 ms: on digits the cheapest costs" in failure.reason
    assert output.artifacts["table"]


def test_stopped_in_the_middle_it_goes_on_where_it_was(
    bench: Bench, asked: tuple[Proposal, dict[int, Json]], monkeypatch: pytest.MonkeyPatch
) -> None:
    timed_keys: list[LayerKey] = []
    real = measuring.layer_of

    def counted(key: LayerKey, batch: int) -> object:
        timed_keys.append(key)
        return real(key, batch)

    monkeypatch.setattr(measuring, "layer_of", counted)
    with pytest.raises(Stopped, match=f"gave back after 5 of {len(KEYS)} layers"):
        bench.run(*asked, listener=Listener(lambda: len(timed_keys) > 5))
    assert timed_keys == list(KEYS[:6])
    output = bench.run(*asked)
    assert timed_keys[6:] == list(KEYS[5:]), "the layer it was stopped in is measured again, none before"
    table = parse(loads(bench.store.path(output.artifacts["table"]).read_text()))
    assert tuple(table.entries) == KEYS


def test_on_another_device_it_begins_anew(
    bench: Bench, asked: tuple[Proposal, dict[int, Json]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = iter(range(10**9))
    with pytest.raises(Stopped):
        bench.run(*asked, listener=Listener(lambda: next(asks) > 60))
    seen: list[LayerKey] = []
    real = measuring.layer_of
    monkeypatch.setattr(measuring, "layer_of", lambda key, batch: (seen.append(key), real(key, batch))[1])
    monkeypatch.setattr(measuring, "device_name", lambda device: "another processor")
    output = bench.run(*asked)
    assert seen == list(KEYS)
    assert output.findings["where"]["device"] == "another processor"


@pytest.mark.parametrize(
    ("key", "shapes", "out"),
    [
        (LayerKey("conv", (7, 6), 4, 8, (3, 3), (2, 2), (2, 2), 2, 4), [(2, 4, 7, 6)], (2, 8, 4, 3)),
        (LayerKey("conv", (7, 6), 4, 4, (1, 5), (1, 2), (0, 2)), [(2, 4, 7, 6)], (2, 4, 7, 3)),
        (LayerKey("pool", (7, 6), 4, 4), [(2, 4, 7, 6)], (2, 4)),
        (LayerKey("add", (7, 6), 4, 4), [(2, 4, 7, 6)] * 2, (2, 4, 7, 6)),
        (LayerKey("multiply", (7, 6), 4, 4), [(2, 4, 7, 6), (2, 4, 1, 1)], (2, 4, 7, 6)),
        (LayerKey("linear", (1, 1), 4, 10), [(2, 4)], (2, 10)),
    ],
)
def test_what_is_timed_is_the_layer_that_the_key_names(
    key: LayerKey, shapes: list[tuple[int, ...]], out: tuple[int, ...]
) -> None:
    layer, inputs = measuring.layer_of(key, 2)
    assert [tuple(x.shape) for x in inputs] == shapes
    assert tuple(layer(*inputs).shape) == out


def test_the_gates_are_trained_under_the_costs_that_the_job_brings(
    bench: Bench, digits: PreparedData
) -> None:
    """The penalty's expected cost is told in shares of the target, so twice the target halves it."""
    run = Rehearsal(make_plan("nse", digits.summary, seed=1, values=VALUES)).run(until_told=1)
    job = run.jobs[1]
    assert job.kind == "train_supernet"
    costs = []
    for target in (1.0, 2.0):
        arguments = {**job.arguments, "target": job.arguments["target"] * target, "penalty_weight": 0.0}
        proposal = Proposal(job.kind, job.subjects, fidelity=job.fidelity, arguments=arguments)
        output = bench.run(proposal, job.genomes, attempt=f"at{target}")
        costs.append(output.scores[0].metrics["expected_cost"])
    assert costs[0] == pytest.approx(2 * costs[1], rel=1e-6)
    cells = job.arguments["costs"]
    whole = cells["fixed"] + sum(map(sum, cells["ops"]))
    assert cells["fixed"] < costs[0] * job.arguments["target"] < whole


def test_what_is_timed_leaves_warm_up_and_the_question_between_out() -> None:
    calls: list[str] = []
    seconds = timed(
        lambda: calls.append("call"), torch.device("cpu"), repetitions=3, warm_up=2,
        between=lambda: calls.append("between"),
    )  # fmt: skip
    assert len(seconds) == 3
    assert calls == ["between", "call"] * 5
