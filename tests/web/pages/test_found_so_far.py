"""A round of NSE that trains: its gates so far on the pages of its run, before it has ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from searchengine.core.jsontext import Json, dumps
from searchengine.testing import rehearsal
from tests.web.searches.worker_stand_in import finish
from webapp.accounts.models import User
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.pages.portraits import portraits
from webapp.searches.services.kill import kill
from webapp.searches.states import EvaluationState
from webapp.searches.steps import step_run

pytestmark = pytest.mark.django_db(transaction=True)
Launched = Callable[..., SearchRun]
MARK = "trains: gates as they are at step"


@pytest.fixture
def training(launched: Launched) -> SearchRun:
    """A search whose first supernet is in training."""
    run = launched("nse", rounds=2, candidates=10, guards=1)
    step_run(run.pk)
    run.refresh_from_db()
    Evaluation.objects.filter(run=run, number=0).update(
        state=EvaluationState.LEASED, started=timezone.now(), progress_of=700
    )
    return run


def tells(run: SearchRun, step: int, alpha: float) -> tuple[int, int]:
    """The training has told all of its gates at ``alpha`` but the first one of cell 0, which is pruned; how
    many operations are left, and the place of the pruned one."""
    space = Genome.objects.get(run=run, number=0).genome_json["space"]
    active: list[list[int]] = [list(ops) for ops in space["active"]]
    gone = active[0].pop(0)
    found: Json = {"active": active, "alphas": [[alpha] * len(ops) for ops in active]}
    Evaluation.objects.filter(run=run, number=0).update(
        progress_step=step, found=dumps(found), found_step=step
    )
    return sum(map(len, active)), gone


def gates(answer: Json) -> list[float]:
    """The values drawn in the strips, those of pruned operations left out."""
    (trace,) = answer["panels"]["space"]["data"]
    return [value for row in trace["z"] for value in row if value]


def test_the_strips_follow_the_gates_while_they_train(
    client: Client, researcher: User, training: SearchRun
) -> None:
    client.force_login(researcher)
    address = f"/runs/{training.pk}/panels/"
    first = client.get(address).json()
    assert gates(first) == []
    assert MARK not in first["parts"]["panel-space-words"]
    left, gone = tells(training, 35, 0.0)
    second = client.get(address).json()
    assert gates(second) == [0.5] * left
    assert second["panels"]["space"]["data"][0]["text"][0][gone] == "P"
    assert f"Round 1 {MARK} 35 of 700." in second["parts"]["panel-space-words"]
    assert second["seq"] == first["seq"], "no event says so: it is no part of the history"
    tells(training, 70, 1.0)
    third = client.get(address).json()
    assert min(gates(third)) > 0.7
    assert "step 70 of 700" in third["parts"]["panel-space-words"]
    assert f"Round 1 {MARK} 70 of 700." in client.get(f"/runs/{training.pk}/analysis/").content.decode()


def test_the_picture_of_the_space_follows_too(client: Client, researcher: User, training: SearchRun) -> None:
    client.force_login(researcher)
    address = f"/runs/{training.pk}/live/?after=-1"
    first = client.get(address).json()
    assert "on with probability" not in first["parts"]["child"]
    tells(training, 35, 0.0)
    second = client.get(f"{address}&child={first['child']}").json()
    assert "on with probability 0.50" in second["parts"]["child"]
    assert "step 35 of 700" in second["parts"]["child"]
    assert "child" not in client.get(f"{address}&child={second['child']}").json()["parts"]
    tells(training, 70, 1.0)
    third = client.get(f"{address}&child={second['child']}").json()
    assert "on with probability 0.73" in third["parts"]["child"]
    page = client.get(f"/runs/{training.pk}/genomes/0/").content.decode()
    assert "step 70 of 700" in page


def test_findings_take_the_place_of_those_so_far(
    client: Client, researcher: User, training: SearchRun
) -> None:
    client.force_login(researcher)
    tells(training, 690, 1.0)
    birth = Genome.objects.get(run=training, number=0)
    live = portraits(training, [birth])[0]
    assert live.findings == {}, "what is found so far never passes for findings"
    assert live.so_far is not None
    assert (live.so_far.step, live.so_far.of) == (690, 700)
    Evaluation.objects.filter(run=training, number=0).update(state=EvaluationState.WAITING)
    finish(training, rehearsal.hashed, [0])
    step_run(training.pk)
    birth.refresh_from_db()
    ended = portraits(training, [birth])[0]
    assert ended.so_far is None
    assert set(ended.findings) == {"active", "alphas"}
    answer = client.get(f"/runs/{training.pk}/panels/").json()
    assert MARK not in answer["parts"]["panel-space-words"]
    assert len(set(gates(answer))) > 1, "these are the gates of the result"


def test_a_killed_run_shows_nothing_that_was_never_told(
    client: Client, researcher: User, training: SearchRun
) -> None:
    client.force_login(researcher)
    tells(training, 350, 1.0)
    kill(run_id=training.pk, actor=None)
    answer = client.get(f"/runs/{training.pk}/panels/").json()
    assert gates(answer) == []
    assert MARK not in answer["parts"]["panel-space-words"]


def test_gates_told_after_a_measurement_of_the_same_space_are_drawn(
    client: Client, researcher: User, launched: Launched
) -> None:
    """Under ``resource=latency`` a first job measures the space that the second one trains."""
    run = launched("nse", rounds=2, candidates=10, guards=1, resource="latency")
    step_run(run.pk)
    finish(run, rehearsal.hashed, [0])
    step_run(run.pk)
    run.refresh_from_db()
    row = Evaluation.objects.get(run=run, kind="train_supernet")
    space = Genome.objects.get(run=run, number=0).genome_json["space"]
    found = {"active": space["active"], "alphas": [[0.0] * len(ops) for ops in space["active"]]}
    client.force_login(researcher)
    address = f"/runs/{run.pk}/live/?after=-1"
    stamp = client.get(address).json()["child"]
    Evaluation.objects.filter(pk=row.pk).update(
        state=EvaluationState.LEASED, started=timezone.now(), progress_step=35, progress_of=700,
        found=dumps(found), found_step=35,
    )  # fmt: skip
    assert "on with probability 0.50" in client.get(f"{address}&child={stamp}").json()["parts"]["child"]
