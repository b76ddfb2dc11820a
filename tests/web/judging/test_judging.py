"""The test part is opened by a person, for what an ended run found, and every look is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client

from searchengine.core.jobs import Job, Result
from searchengine.core.jsontext import dumps, loads
from searchengine.data.prepare import prepare
from searchengine.jobs.store import Store
from searchengine.testing import rehearsal
from tests.engine.export.specs import weights_of
from tests.web.searches.test_steps import drive
from webapp.accounts.models import User
from webapp.accounts.roles import Role
from webapp.datasets.models import Dataset, DatasetState
from webapp.exports.models import Export
from webapp.exports.specification import specification
from webapp.judging.models import Judgement, JudgementState
from webapp.judging.selectors.looks import judgement_of, looks, said_of_test
from webapp.judging.services.ask import JudgementRefused, ask_for_judgement
from webapp.judging.services.judge import judge
from webapp.judging.services.take_back import take_back_judgements
from webapp.operations.left_behind import MOST_ATTEMPTS
from webapp.searches.models import Genome, SearchRun
from webapp.searches.pages.networks import architecture
from webapp.searches.services.launch import Launch, launch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def digits(team: object) -> Dataset:
    """The real digits, really prepared."""
    summary = prepare("digits", settings.VAR / "data").summary
    return Dataset.objects.create(
        team=team,
        slug="digits",
        title="Digits",
        source="digits",
        state=DatasetState.READY,
        fingerprint=summary.fingerprint,
        summary=dumps(summary.to_json()),
    )


@pytest.fixture
def ended(researcher: User, digits: Dataset, tmp_path: Path) -> SearchRun:
    """A finished random search whose networks have drawn weights in the store."""
    values = {"evaluations": 4, "finalists": 2}
    wanted = Launch(method="random_search", dataset_id=digits.pk, values=values, seed=3)
    run = launch(user=researcher, wanted=wanted).run

    def with_weights(job: Job) -> Result:
        birth = Genome.objects.get(run=run, number=job.subjects[0])
        weights_of(architecture(run, birth), tmp_path / "weights", job.number)
        made = rehearsal.hashed(job)
        return Result(
            job.number, made.scores, artifacts={"weights": Store(settings.STORE).put(tmp_path / "weights")}
        )

    drive(run, with_weights)
    run.refresh_from_db()
    return run


def test_a_judgement_is_made_once_counted_and_told_in_exports(ended: SearchRun, researcher: User) -> None:
    asked = ask_for_judgement(run=ended, actor=researcher)
    assert judge(asked.pk)
    asked.refresh_from_db()
    assert (asked.state, asked.look, asked.samples) == (JudgementState.DONE, 1, 359), asked.error
    assert 0 <= asked.metrics_json["accuracy"] <= 1
    assert ask_for_judgement(run=ended, actor=researcher).pk == asked.pk, "the same networks are judged once"
    assert not judge(asked.pk)
    told = specification(ended, None, said_of_test(judgement_of(ended, None)))["test"]
    assert told == {**asked.metrics_json, "samples": 359, "look": 1}
    best = Genome.objects.get(run=ended, number=ended.best_genome)
    assert judgement_of(ended, best) is None
    other = ask_for_judgement(run=ended, actor=researcher, genome=best)
    judge(other.pk)
    other.refresh_from_db()
    assert (other.state, other.look) == (JudgementState.DONE, 2)
    assert looks(ended.team_id, ended.dataset.fingerprint) == 2


def test_a_run_that_goes_on_is_not_judged(launched: Callable[..., SearchRun], researcher: User) -> None:
    run = launched(evaluations=8, finalists=0)
    with pytest.raises(JudgementRefused, match="must not steer it"):
        ask_for_judgement(run=run, actor=researcher)


def test_viewers_look_and_strangers_see_nothing(
    client: Client, ended: SearchRun, person: Callable[..., User], stranger: User
) -> None:
    viewer = person(ended.team, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        ask_for_judgement(run=ended, actor=viewer)
    client.force_login(viewer)
    page = client.get(f"/runs/{ended.pk}/test/")
    assert page.status_code == 200
    assert b"Judge on test" not in page.content
    assert client.post(f"/runs/{ended.pk}/test/", {"what": "outcome"}).status_code == 403
    client.force_login(stranger)
    assert client.get(f"/runs/{ended.pk}/test/").status_code == 403
    assert not Judgement.objects.exists()


def test_the_page_asks_and_shows_what_came_out(client: Client, ended: SearchRun, researcher: User) -> None:
    client.force_login(researcher)
    address = f"/runs/{ended.pk}/test/"
    assert "This is look 1 of your team" in client.get(address).content.decode()
    assert client.post(address, {"what": "outcome"})["Location"] == address
    waiting = client.get(address).content.decode()
    assert 'data-judgement="waiting"' in waiting
    assert "data-refresh" in waiting
    judge(Judgement.objects.get().pk)
    parts = client.get(address, headers={"Accept": "application/json"}).json()["parts"]
    assert "359 samples" in parts["judgements"]
    assert "This is look 2 of your team" in client.get(address).content.decode()
    assert client.post(address, {"what": "99"}).status_code == 403


def test_weights_that_are_gone_are_said(ended: SearchRun, researcher: User) -> None:
    asked = ask_for_judgement(run=ended, actor=researcher)
    for _, sha256 in loads(asked.members):
        Store(settings.STORE).discard(sha256)
    judge(asked.pk)
    asked.refresh_from_db()
    assert asked.state == JudgementState.FAILED
    assert "gone from the store" in asked.error
    assert asked.look is None, "nothing was opened"
    assert not Export.objects.exists()


def test_what_a_dead_preparer_held_is_judged_again_three_times_at_most(
    ended: SearchRun, researcher: User
) -> None:
    asked = ask_for_judgement(run=ended, actor=researcher)
    held = Judgement.objects.filter(pk=asked.pk)
    held.update(state=JudgementState.JUDGING, attempts=1, touched="2020-01-01T00:00:00Z")
    take_back_judgements()
    assert held.get().state == JudgementState.WAITING
    held.update(state=JudgementState.JUDGING, attempts=MOST_ATTEMPTS, touched="2020-01-01T00:00:00Z")
    take_back_judgements()
    assert held.get().state == JudgementState.FAILED
    assert "died 3 times" in held.get().error


def test_a_program_must_say_that_a_look_counts(client: Client, ended: SearchRun, researcher: User) -> None:
    client.force_login(researcher)
    address = f"/api/v1/runs/{ended.pk}/judgements/"
    refused = client.post(address, {}, content_type="application/json")
    assert refused.status_code == 400
    assert "counted for good" in refused.json()["detail"]
    asked = client.post(address, {"look_counts": True}, content_type="application/json")
    assert asked.status_code == 201
    judge(asked.json()["id"])
    (told,) = client.get(address).json()["results"]
    assert (told["state"], told["look"], told["samples"], told["genome"]) == ("done", 1, 359, None)
