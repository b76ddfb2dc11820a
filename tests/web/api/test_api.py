"""The API: permission before look-up, refusals in words, the same services as the pages."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client

from searchengine.testing import rehearsal
from tests.web.searches.worker_stand_in import finish
from webapp.accounts.models import Team, User
from webapp.accounts.roles import Role
from webapp.accounts.services.tokens import create_token, revoke_token
from webapp.datasets.models import Dataset
from webapp.exports.models import Export
from webapp.searches.models import Genome, SearchRun
from webapp.searches.steps import step_run

pytestmark = pytest.mark.django_db(transaction=True)
Launched = Callable[..., SearchRun]
IDS = ["1", "0", "-1", "999999", "10000000000000000000000000000000", "%25", "abc", "1%00", "%F0%9F%92%A9"]
OF_A_RUN = ["", "genomes/", "genomes/0/", "events/", "points/", "exports/"]


class Caller:
    """Speaks to the API as one person."""

    def __init__(self, user: User | None) -> None:
        self.client = Client(raise_request_exception=False)
        token = create_token(user=user, name="test").secret if user else ""
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str) -> tuple[int, dict[str, object]]:
        answer = self.client.get(f"/api/v1/{path}", headers=self.headers)
        return answer.status_code, answer.json()

    def post(self, path: str, body: object = None, raw: bytes | None = None) -> tuple[int, dict[str, object]]:
        content = raw if raw is not None else json.dumps(body or {}).encode()
        answer = self.client.post(
            f"/api/v1/{path}", content, content_type="application/json", headers=self.headers
        )
        return answer.status_code, answer.json()


@pytest.fixture
def finished(launched: Launched) -> SearchRun:
    run = launched(evaluations=12, finalists=0)
    step_run(run.pk)
    while finish(run, rehearsal.hashed):
        step_run(run.pk)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("number", IDS)
def test_strangers_learn_nothing_whatever_the_id(launched: Launched, stranger: User, number: str) -> None:
    run = launched()
    Export.objects.create(team=run.team, run=run)
    number = str(run.pk) if number == "1" else number
    paths = [f"runs/{number}/{rest}" for rest in OF_A_RUN] + [f"exports/{number}/", f"datasets/{number}/"]
    posts = [
        f"runs/{number}/do/kill/",
        f"runs/{number}/fork/",
        f"runs/{number}/exports/",
        f"exports/{number}/cancel/",
    ]
    posts += [f"datasets/{number}/prepare/", f"datasets/{number}/cancel/"]
    nobody, foreign = Caller(None), Caller(stranger)
    assert {nobody.get(path)[0] for path in paths} == {401}
    assert {nobody.post(path)[0] for path in posts} == {401}
    assert {foreign.get(path)[0] for path in paths} == {403}
    assert {foreign.post(path)[0] for path in posts} == {403}


def test_lists_hold_the_own_team_alone(launched: Launched, stranger: User, researcher: User) -> None:
    run = launched()
    assert Caller(stranger).get("runs/")[1]["results"] == []
    assert [row["id"] for row in Caller(researcher).get("runs/")[1]["results"]] == [run.pk]


def test_a_launch_sent_twice_is_one_run(probes: None, researcher: User, dataset: Dataset) -> None:
    caller = Caller(researcher)
    body = {"method": "probe", "dataset": dataset.pk, "key": "k1", "values": {"evaluations": 5}}
    first, second = caller.post("runs/", body), caller.post("runs/", body)
    assert (first[0], second[0]) == (201, 200)
    assert first[1]["id"] == second[1]["id"]
    assert caller.post("runs/", {**body, "seed": 9})[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b"{",
        b'{"method": NaN}',
        b'{"method": "probe", "method": "probe"}',
        b'{"method": "probe", "dataset": 1e400}',
        b'{"method": "pro\\u0000be", "dataset": 1}',
        b'{"method": "\\ud800", "dataset": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"dataset": 99999999999999999999999999999, "method": "probe"}',
        b'{"dataset": true, "method": ["probe"]}',
        b'{"dataset": 1, "method": "probe", "values": {"evaluations": 1e999}}',
        b'{"dataset": 1, "method": "probe", "values": [1]}',
    ],
)
def test_malformed_launches_are_refused_in_words(
    probes: None, researcher: User, dataset: Dataset, body: bytes
) -> None:
    status, answer = Caller(researcher).post("runs/", raw=body)
    assert status == 400
    assert answer["detail"]


def test_a_body_that_is_too_large_is_refused(probes: None, researcher: User) -> None:
    status, _ = Caller(researcher).post("runs/", raw=b'{"name": "' + b"x" * (2 << 20) + b'"}')
    assert status in (400, 413)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=1000000", "before=x", "before=-5", "state=nonsense"]
)
def test_wrong_queries_are_refused(researcher: User, query: str) -> None:
    assert Caller(researcher).get(f"runs/?{query}")[0] == 400


def test_pages_go_by_key_and_miss_nothing(finished: SearchRun, researcher: User) -> None:
    caller, found, after = Caller(researcher), [], -1
    while after is not None:
        _, page = caller.get(f"runs/{finished.pk}/genomes/?limit=5&after={after}")
        found += [row["number"] for row in page["results"]]
        after = page["next"]
    assert found == list(range(12))


def test_events_since_a_number_have_no_gap(finished: SearchRun, researcher: User) -> None:
    caller = Caller(researcher)
    _, first = caller.get(f"runs/{finished.pk}/events/?limit=10")
    _, rest = caller.get(f"runs/{finished.pk}/events/?since={first['next']}&limit=1000")
    numbers = [event["seq"] for event in [*first["results"], *rest["results"]]]
    assert numbers == list(range(1, finished.last_seq + 1))


def test_points_are_the_same_as_json_and_as_float32(finished: SearchRun, researcher: User) -> None:
    caller = Caller(researcher)
    _, columns = caller.get(f"runs/{finished.pk}/points/")
    answer = caller.client.get(f"/api/v1/runs/{finished.pk}/points/?as=float32", headers=caller.headers)
    names, count = answer["X-Columns"].split(","), int(answer["X-Count"])
    table = np.frombuffer(answer.content, "<f4").reshape(len(names), count)
    fitness = [np.nan if value is None else value for value in columns["fitness"]]
    np.testing.assert_allclose(table[names.index("fitness")], np.array(fitness, dtype="<f4"))


def test_a_genome_tells_its_evaluations(finished: SearchRun, researcher: User) -> None:
    number = Genome.objects.filter(run=finished, fitness__isnull=False).values_list("number", flat=True)[0]
    status, genome = Caller(researcher).get(f"runs/{finished.pk}/genomes/{number}/")
    assert status == 200
    assert genome["evaluations"][0]["metrics"]["fitness"] == genome["fitness"]
    assert Caller(researcher).get(f"runs/{finished.pk}/genomes/99999999999999/")[0] == 404


def test_a_verb_that_cannot_be_is_a_conflict(finished: SearchRun, researcher: User) -> None:
    status, answer = Caller(researcher).post(f"runs/{finished.pk}/do/pause/")
    assert status == 409
    assert "finished" in str(answer["detail"])


def test_a_viewer_may_look_and_not_do(finished: SearchRun, team: Team, person: Callable[..., User]) -> None:
    viewer = Caller(person(team, Role.VIEWER))
    assert viewer.get(f"runs/{finished.pk}/")[0] == 200
    assert viewer.post(f"runs/{finished.pk}/do/kill/")[0] == 403
    assert viewer.post(f"runs/{finished.pk}/exports/")[0] == 403


def test_a_revoked_token_opens_nothing(researcher: User) -> None:
    made = create_token(user=researcher, name="laptop")
    caller = Caller(None)
    caller.headers = {"Authorization": f"Bearer {made.secret}"}
    assert caller.get("runs/")[0] == 200
    assert revoke_token(user=researcher, token_id=made.token.pk)
    assert caller.get("runs/")[0] == 401


def test_a_session_needs_its_csrf_token(launched: Launched, researcher: User) -> None:
    run = launched()
    client = Client(enforce_csrf_checks=True)
    client.force_login(researcher)
    assert client.get(f"/api/v1/runs/{run.pk}/").status_code == 200
    assert client.post(f"/api/v1/runs/{run.pk}/do/kill/").status_code == 403
