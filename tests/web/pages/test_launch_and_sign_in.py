"""The launch form follows the method's spec; signing in is slowed down for guessers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from redis import Redis

from webapp.accounts.models import User
from webapp.accounts.throttle import MOST_BY_ACCOUNT, WINDOW
from webapp.datasets.models import Dataset
from webapp.searches.models import SearchRun

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long pass phrase 7"


@pytest.fixture(autouse=True)
def no_failures_yet(redis_url: str) -> Iterator[Redis]:
    """Nobody has failed to sign in before the test, nor after it."""

    def forget() -> None:
        for key in redis.scan_iter("evoscope:sign-in:*"):
            redis.delete(key)

    with Redis.from_url(redis_url) as redis:
        forget()
        yield redis
        forget()


def wish(**values: str) -> dict[str, str]:
    return {"dataset": "tiny-images", "preset": "demo", "seed": "3", "launch_key": "one", **values}


def test_every_method_has_a_form_with_all_its_knobs(
    client: Client, researcher: User, dataset: Dataset, probes: None
) -> None:
    client.force_login(researcher)
    assert b"Probe" in client.get("/launch/").content
    page = client.get("/launch/probe/").content.decode()
    for knob in ("fault_every", "seconds", "spins", "evaluations"):
        assert f'name="param-{knob}"' in page


def test_a_launch_that_comes_twice_is_one_run(
    client: Client, researcher: User, dataset: Dataset, probes: None
) -> None:
    client.force_login(researcher)
    first = client.post("/launch/probe/", wish())
    second = client.post("/launch/probe/", wish())
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert SearchRun.objects.filter(control_of=None).count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("param-evaluations", "0", "from 1 to"),
        ("param-evaluations", "many", "whole number"),
        ("param-seconds", "601", "to 600"),
        ("param-spins", "perhaps", "true or false"),
        ("param-fault", "none at all", "Choose one of"),
        ("budget_evaluations", "-4", "greater than or equal to 1"),
        ("seed", "x", "whole number"),
        ("dataset", "nothing", "valid choice"),
        ("preset", "dream", "valid choice"),
        ("window", "0", "greater than or equal to 1"),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_kept(
    client: Client, researcher: User, dataset: Dataset, probes: None, field: str, value: str, words: str
) -> None:
    client.force_login(researcher)
    answer = client.post("/launch/probe/", wish(**{field: value}))
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert SearchRun.objects.count() == 0


def test_a_text_may_hold_a_whole_table_as_json(
    client: Client, researcher: User, dataset: Dataset, probes: None
) -> None:
    client.force_login(researcher)
    table = json.dumps({"entries": [["conv", [8, 8], 16, 24, 118.5]] * 200})
    assert len(table) > 4000
    answer = client.post("/launch/nse/", wish(**{"param-latency_table": table}))
    assert "set resource to latency" in " ".join(answer.context["form"].errors["param-latency_table"])
    longer = client.post("/launch/nse/", wish(**{"param-latency_table": table * 10}))
    assert "at most 40000" in " ".join(longer.context["form"].errors["param-latency_table"])


def test_genomes_pasted_one_after_another_are_read_and_refused_beside_their_field(
    client: Client, researcher: User, dataset: Dataset, probes: None
) -> None:
    client.force_login(researcher)
    skeleton = {
        "cells": "NRNNENN", "channels": [8, 16, 24], "stem_stride": 1, "tail": 64, "tail_norm": True,
        "pool": "pool27",
    }  # fmt: skip
    genome = {"schema": 1, "method": "nse", "skeleton": skeleton, "path": [[0], [1], [], [3], [7], [], [2]]}
    pasted = f"{json.dumps(genome)} {json.dumps({**genome, 'path': [[6], [1], [], [3], [7], [], []]})}"
    answer = client.post("/launch/nse/", wish(**{"param-start_from": pasted}))
    assert "set pool to pool72" in " ".join(answer.context["form"].errors["param-start_from"])
    fitting = client.post("/launch/nse/", wish(**{"param-start_from": pasted, "param-pool": "pool72"}))
    assert fitting.context is None or "param-start_from" not in fitting.context["form"].errors


def test_values_over_the_preset_reach_the_run(
    client: Client, researcher: User, dataset: Dataset, probes: None
) -> None:
    client.force_login(researcher)
    client.post("/launch/probe/", wish(**{"param-evaluations": "33", "param-spins": "true", "name": "Mine"}))
    run = SearchRun.objects.get(control_of=None)
    assert run.name == "Mine"
    assert run.params_json["evaluations"] == 33
    assert run.params_json["spins"] is True


def test_the_example_follows_the_form(client: Client, researcher: User, dataset: Dataset) -> None:
    client.force_login(researcher)
    pane = client.get("/launch/random_search/example/", wish(**{"param-evaluations": "77"})).content.decode()
    assert 'class="net"' in pane
    assert "77" in pane
    wrong = client.get("/launch/random_search/example/", wish(**{"param-evaluations": "-1"}))
    assert wrong.status_code == 200
    assert b"at least 1" in wrong.content or b"from 1" in wrong.content


def test_the_example_says_how_much_memory_a_training_needs(
    client: Client, researcher: User, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It grows with the batch; more than a training may use is said before anything is launched."""
    client.force_login(researcher)

    def memory(batch: int) -> tuple[int, str]:
        answer = client.get("/launch/random_search/example/", wish(**{"param-space_params": space(batch)}))
        assert answer.context["example"].memory.batch == batch
        return answer.context["example"].memory.bytes, answer.content.decode()

    def space(batch: int) -> str:
        return json.dumps({"batch": batch})

    few, page = memory(16)
    many, _ = memory(64)
    assert few < many <= 4 * few
    assert "memory, batch of 16" in page
    assert "a training on this machine may use" not in page
    monkeypatch.setattr(settings, "TRAINING_MEMORY_BYTES", few - 1)
    assert "a training on this machine may use" in memory(16)[1]


def test_a_viewer_is_refused_in_words(
    client: Client, person: Callable[..., User], dataset: Dataset, probes: None
) -> None:
    client.force_login(person(dataset.team, "viewer"))
    answer = client.post("/launch/probe/", wish())
    assert answer.status_code == 422
    assert SearchRun.objects.count() == 0


def test_guesses_at_a_password_are_slowed_down(client: Client, researcher: User) -> None:
    for _ in range(MOST_BY_ACCOUNT):
        answer = client.post("/signin/", {"username": researcher.username, "password": "wrong"})
        assert answer.status_code == 200
    assert client.post("/signin/", {"username": researcher.username, "password": PASSWORD}).status_code == 429


def test_failures_are_counted_for_every_web_process_and_run_out(
    client: Client, researcher: User, no_failures_yet: Redis
) -> None:
    for _ in range(3):
        client.post("/signin/", {"username": researcher.username, "password": "wrong"})
    (account,) = no_failures_yet.scan_iter("evoscope:sign-in:account:*")
    assert no_failures_yet.get(account) == b"3"
    assert 0 < int(no_failures_yet.ttl(account)) <= WINDOW


def test_without_redis_people_still_sign_in_and_the_log_says_what_is_lost(
    client: Client,
    researcher: User,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", f"unix://{tmp_path / 'nobody-listens.sock'}")
    wrong = client.post("/signin/", {"username": researcher.username, "password": "wrong"})
    assert wrong.status_code == 200
    assert b"is not right" in wrong.content
    right = client.post("/signin/", {"username": researcher.username, "password": PASSWORD})
    assert right.status_code == 302
    assert "a failed attempt to sign in is not counted: Redis does not answer" in caplog.text


def test_a_right_password_leads_on_within_this_site_only(client: Client, researcher: User) -> None:
    form = {"username": researcher.username, "password": PASSWORD}
    assert client.post("/signin/", {**form, "next": "/launch/"})["Location"] == "/launch/"
    client.logout()
    assert client.post("/signin/", {**form, "next": "https://elsewhere.example/"})["Location"] == "/"


def test_data_pages_show_sizes_and_hide_other_teams(
    client: Client, researcher: User, stranger: User, dataset: Dataset
) -> None:
    client.force_login(researcher)
    assert b"Tiny images" in client.get("/data/").content
    assert dataset.fingerprint.encode() in client.get("/data/tiny-images/").content
    assert client.get("/data/tiny-images/previews/..%2F..%2Fsecrets").status_code == 404
    client.force_login(stranger)
    assert client.get("/data/tiny-images/").status_code == 403
    assert b"Tiny images" not in client.get("/data/").content
