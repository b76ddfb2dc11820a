"""A latency table that a run measured: taken away from its page and by the API, handed to its control."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from searchengine.core.jsontext import Json, dumps, loads
from searchengine.jobs.store import Store
from searchengine.methods.nse.latency import needed_keys, to_json
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.space import NseSpace
from searchengine.testing.data import TINY_IMAGES
from tests.engine.methods.nse.test_latency import made_up
from webapp.accounts.models import User
from webapp.accounts.services.tokens import create_token
from webapp.datasets.models import Dataset
from webapp.searches.models import SearchRun
from webapp.searches.services.launch import Launch, launch
from webapp.searches.services.start_control import start_control
from webapp.searches.states import State

pytestmark = pytest.mark.django_db(transaction=True)
LATENCY: Json = {"resource": "latency", "band_low": 1.0, "band_high": 30.0}


@pytest.fixture
def table() -> Json:
    space = NseSpace(NseParams(), TINY_IMAGES)
    return to_json(made_up(needed_keys(space.trained, space.images, space.classes)))


@pytest.fixture
def measured(researcher: User, dataset: Dataset, table: Json) -> SearchRun:
    """A run that measured ``table`` and ended, with its control waiting."""
    return ended(researcher, dataset, table, LATENCY)


def ended(user: User, dataset: Dataset, table: Json, values: Json) -> SearchRun:
    done = launch(user=user, wanted=Launch("nse", dataset_id=dataset.pk, values=values, seed=1, control=True))
    sha256 = Store(settings.STORE).put(dumps(table).encode())
    progress = {**done.run.progress_json, "documents": {"latency_table": sha256}, "cost": 1e18}
    SearchRun.objects.filter(pk=done.run.pk).update(state=State.FINISHED, progress=dumps(progress))
    return SearchRun.objects.get(pk=done.run.pk)


def test_its_page_offers_the_table_as_a_file(
    client: Client, researcher: User, stranger: User, measured: SearchRun, table: Json
) -> None:
    address = f"/runs/{measured.pk}/documents/latency_table.json"
    client.force_login(researcher)
    page = client.get(f"/runs/{measured.pk}/").content.decode()
    assert address in page
    assert "the latency table" in page
    answer = client.get(address)
    assert answer.json() == table
    assert f'filename="run-{measured.pk}-latency_table.json"' in answer["Content-Disposition"]
    assert client.get(f"/runs/{measured.pk}/documents/channels.json").status_code == 404
    client.force_login(stranger)
    assert client.get(address).status_code == 403


def test_a_run_without_one_offers_none(client: Client, researcher: User, dataset: Dataset) -> None:
    run = launch(user=researcher, wanted=Launch("nse", dataset_id=dataset.pk, values={}, seed=1)).run
    client.force_login(researcher)
    assert "/documents/" not in client.get(f"/runs/{run.pk}/").content.decode()
    assert client.get(f"/runs/{run.pk}/documents/latency_table.json").status_code == 404


def test_the_api_gives_it(client: Client, researcher: User, measured: SearchRun, table: Json) -> None:
    headers = {"Authorization": f"Bearer {create_token(user=researcher, name='test').secret}"}
    path = f"/api/v1/runs/{measured.pk}/documents"
    assert client.get(f"{path}/latency_table/", headers=headers).json() == table
    refused = client.get(f"{path}/nothing/", headers=headers)
    assert refused.status_code == 404
    assert "it has latency_table" in refused.json()["detail"]


def test_a_table_that_is_gone_is_said_in_words(client: Client, researcher: User, measured: SearchRun) -> None:
    Store(settings.STORE).discard(measured.progress_json["documents"]["latency_table"])
    client.force_login(researcher)
    assert client.get(f"/runs/{measured.pk}/documents/latency_table.json").status_code == 404
    control = measured.controls.get()
    start_control(control)
    control.refresh_from_db()
    assert control.state == State.CANCELLED


def test_the_control_searches_by_the_table_that_was_measured(measured: SearchRun, table: Json) -> None:
    control = measured.controls.get()
    start_control(control)
    control.refresh_from_db()
    assert control.state == State.QUEUED
    assert loads(control.plan)["params"]["space_params"]["latency_table"] == table


def test_a_control_that_the_table_leaves_nothing_is_cancelled_in_words(
    researcher: User, dataset: Dataset, table: Json
) -> None:
    run = ended(researcher, dataset, table, {**LATENCY, "band_low": 4e6, "band_high": 5e6})
    control = run.controls.get()
    start_control(control)
    control.refresh_from_db()
    assert control.state == State.CANCELLED
    said = control.events.order_by("-seq").first()
    assert "no path costs from 4,000,000 to 5,000,000 ms" in said.payload


def test_its_control_offers_the_table_too(
    client: Client, researcher: User, measured: SearchRun, table: Json
) -> None:
    control = measured.controls.get()
    start_control(control)
    client.force_login(researcher)
    address = f"/runs/{control.pk}/documents/latency_table.json"
    assert address in client.get(f"/runs/{control.pk}/").content.decode()
    assert client.get(address).json() == table
