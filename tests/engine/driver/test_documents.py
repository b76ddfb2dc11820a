"""JSON objects that a run was given or found: read, handed to its control, written beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json, dumps
from searchengine.driver import make_plan
from searchengine.driver.control import control_plan
from searchengine.driver.documents import document_names, documents_of, files_of, reader
from searchengine.jobs.store import MissingArtifact, Store
from searchengine.methods.nse.latency import needed_keys, to_json
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.space import NseSpace
from searchengine.testing.data import TINY_IMAGES
from searchengine.testing.rehearsal import Rehearsal, hashed
from tests.engine.methods.nse.test_latency import made_up

LATENCY: Json = {"resource": "latency", "band_low": 1.0, "band_high": 30.0}


@pytest.fixture
def table() -> Json:
    space = NseSpace(NseParams(), TINY_IMAGES)
    return to_json(made_up(needed_keys(space.trained, space.images, space.classes)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artifacts")


def test_what_a_run_found_is_read_from_its_artifact(table: Json, store: Store) -> None:
    plan = make_plan("nse", TINY_IMAGES, seed=1, values=LATENCY)
    assert documents_of(plan.method, plan.params, {}, reader(store)) == {}
    progress: Json = {"documents": {"latency_table": store.put(dumps(table).encode())}}
    found = documents_of(plan.method, plan.params, progress, reader(store))
    assert found == {"latency_table": table}
    assert files_of(found) == {"latency_table.json": dumps(table) + "\n"}
    with pytest.raises(MissingArtifact):
        documents_of(plan.method, plan.params, {"documents": {"latency_table": "0" * 64}}, reader(store))


def test_what_it_was_given_is_read_from_its_plan_a_control_s_from_the_searched_space(
    table: Json, store: Store
) -> None:
    plan = make_plan("nse", TINY_IMAGES, seed=1, values={**LATENCY, "latency_table": table})
    assert documents_of(plan.method, plan.params, {}, reader(store)) == {"latency_table": table}
    control = control_plan(plan)
    assert documents_of(control.method, control.params, {}, reader(store)) == {"latency_table": table}
    assert document_names(control.method, control.params, {}) == ("latency_table",)
    of_chain = make_plan("random_search", TINY_IMAGES, seed=1)
    assert documents_of(of_chain.method, of_chain.params, {}, reader(store)) == {}
    assert document_names("nse", make_plan("nse", TINY_IMAGES, seed=1).params, {}) == ()
    assert document_names("nse", {"latency_table": dumps(table)}, {}) == (), "a draft's text, not parsed yet"
    assert document_names("gone", {"latency_table": table}, {}) == ()


def test_a_control_keeps_to_the_band_by_the_table_that_the_run_measured(table: Json) -> None:
    plan = make_plan("nse", TINY_IMAGES, seed=1, values={"resource": "latency"})
    beside = control_plan(plan, cost=1e18, documents={"latency_table": table})
    assert beside.params["space_params"]["latency_table"] == table
    space = NseSpace(NseParams.parse(beside.params["space_params"]), TINY_IMAGES)
    found = Rehearsal(beside).run(hashed, until_told=10)
    paths = [birth.genome["path"] for birth in found.births]
    assert len(paths) >= 10
    costs, band = space.limits.costs, space.limits.band
    assert all(band.low <= costs.of(path) <= band.high for path in paths)


def test_a_table_that_leaves_no_path_in_the_band_leaves_no_control(table: Json) -> None:
    plan = make_plan("nse", TINY_IMAGES, seed=1, values={**LATENCY, "band_low": 4e6, "band_high": 5e6})
    with pytest.raises(InvalidParams, match="no path costs from 4,000,000 to 5,000,000 ms"):
        control_plan(plan, cost=1e18, documents={"latency_table": table})
