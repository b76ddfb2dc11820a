"""Pages of runs in every state a run can be in, for those who may see them and those who may not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from searchengine.core.jobs import Failure, Job, Result, Score
from searchengine.core.jsontext import dumps
from searchengine.testing import rehearsal
from searchengine.testing.data import TINY_CLIPS, TINY_IMAGES
from tests.web.searches.test_steps import drive
from tests.web.searches.worker_stand_in import finish
from webapp.accounts.models import User
from webapp.accounts.services.tokens import create_token
from webapp.datasets.models import Dataset, DatasetState
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.services.launch import Launch, draft, launch
from webapp.searches.states import EvaluationState, State
from webapp.searches.steps import step_run

Launched = Callable[..., SearchRun]
pytestmark = pytest.mark.django_db(transaction=True)


def pages(run: SearchRun) -> list[str]:
    base = f"/runs/{run.pk}/"
    return [
        "/",
        base,
        f"{base}live/?after=-1",
        f"{base}analysis/",
        f"{base}panels/",
        f"{base}lineage/",
        f"{base}genomes/",
        f"{base}test/",
        f"{base}export/",
    ]


def fails(job: Job) -> Result:
    """Every network comes out as one that cannot be trained."""
    score = Score(failure=Failure("bad_genome", "nan", "the loss became NaN at step 3"))
    return Result(job=job.number, scores=dict.fromkeys(job.subjects, score))


def test_a_run_without_births_has_all_its_pages(client: Client, researcher: User, launched: Launched) -> None:
    run = launched(evaluations=20, finalists=0)
    client.force_login(researcher)
    for path in pages(run):
        assert client.get(path).status_code == 200, path
    assert b"The first point appears here" in client.get(f"/runs/{run.pk}/").content


@pytest.mark.parametrize("method", ["evanet", "nse", "probe"])
@pytest.mark.parametrize("what", ["control", "data"])
def test_a_draft_has_all_its_pages(
    client: Client, researcher: User, dataset: Dataset, probes: None, method: str, what: str
) -> None:
    """A control that waits for its run, a run that waits for its data; of methods that draw pictures, fronts
    and neither."""
    client.force_login(researcher)
    summary = TINY_CLIPS if method == "evanet" else TINY_IMAGES
    Dataset.objects.filter(pk=dataset.pk).update(
        summary=dumps(summary.to_json()), fingerprint=summary.fingerprint
    )
    wanted = Launch(method=method, dataset_id=dataset.pk, seed=2, control=True)
    if what == "control":
        run = launch(user=researcher, wanted=wanted).control
        assert run is not None
    else:
        Dataset.objects.filter(pk=dataset.pk).update(state=DatasetState.PREPARING, summary="")
        run = draft(user=researcher, wanted=wanted)
    assert run.state == State.DRAFT
    for path in pages(run):
        assert client.get(path).status_code == 200, path
    headers = {"Authorization": f"Bearer {create_token(user=researcher, name='test').secret}"}
    for path in ("", "genomes/", "events/", "points/", "judgements/", "exports/"):
        assert client.get(f"/api/v1/runs/{run.pk}/{path}", headers=headers).status_code == 200, path


def test_a_finished_run_has_all_its_pages(client: Client, researcher: User, launched: Launched) -> None:
    run = launched(evaluations=20, finalists=0)
    drive(run, rehearsal.hashed)
    client.force_login(researcher)
    for path in [*pages(run), f"/runs/{run.pk}/genomes/0/"]:
        assert client.get(path).status_code == 200, path
    live = client.get(f"/runs/{run.pk}/live/?after=-1").json()
    assert live["state"] == "finished"
    assert len(live["points"]["number"]) == 20
    assert live["best"]["y"] == sorted(live["best"]["y"])


def test_a_run_whose_every_network_fails_has_all_its_pages(
    client: Client, researcher: User, launched: Launched
) -> None:
    run = launched(evaluations=8, finalists=0)
    drive(run, fails)
    client.force_login(researcher)
    for path in [*pages(run), f"/runs/{run.pk}/genomes/0/"]:
        assert client.get(path).status_code == 200, path
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "the loss became NaN at step 3" in page
    assert "8 times" in page
    assert client.get(f"/runs/{run.pk}/live/?after=-1").json()["points"]["failed"] == [True] * 8


def test_a_birth_without_fitness_has_not_failed(client: Client, researcher: User, launched: Launched) -> None:
    """A space or a supernet is told without a fitness; a cross in the chart would say that it failed."""
    run = launched(evaluations=8, finalists=0)
    drive(run, lambda job: Result(job.number, dict.fromkeys(job.subjects, Score({"loss": 1.0}))))
    client.force_login(researcher)
    points = client.get(f"/runs/{run.pk}/live/?after=-1").json()["points"]
    assert points["failed"] == [False] * 8
    assert points["fitness"] == [None] * 8


def test_points_come_once_and_in_the_order_told(client: Client, researcher: User, launched: Launched) -> None:
    run = launched(evaluations=20, finalists=0, window=4)
    client.force_login(researcher)
    step_run(run.pk)
    seen: list[int] = []
    for _ in range(5):
        finish(run, rehearsal.hashed)
        step_run(run.pk)
        after = seen[-1] if seen else -1
        seen += client.get(f"/runs/{run.pk}/live/?after={after}").json()["points"]["place"]
    assert seen == list(range(20))


def test_births_that_wait_are_no_points(client: Client, researcher: User, launched: Launched) -> None:
    run = launched(evaluations=20, finalists=0, window=4)
    client.force_login(researcher)
    step_run(run.pk)
    assert client.get(f"/runs/{run.pk}/live/?after=-1").json()["points"]["number"] == []


def test_a_name_with_signs_is_shown_as_text(client: Client, researcher: User, launched: Launched) -> None:
    run = launched(evaluations=20, finalists=0)
    SearchRun.objects.filter(pk=run.pk).update(name='<script>alert("ü")</script> 数字')
    client.force_login(researcher)
    for path in pages(run):
        assert b'<script>alert("' not in client.get(path).content, path


@pytest.mark.parametrize("state", State.values)
def test_every_state_is_said_in_words(
    client: Client, researcher: User, launched: Launched, state: str
) -> None:
    run = launched(evaluations=20, finalists=0)
    SearchRun.objects.filter(pk=run.pk).update(
        state=state, error="A sentence.\nTraceback", started=timezone.now()
    )
    client.force_login(researcher)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert f'data-run-state="{state}"' in page
    assert client.get("/").status_code == 200


def test_a_stranger_sees_nothing_of_a_run(client: Client, stranger: User, launched: Launched) -> None:
    run = launched(evaluations=20, finalists=0)
    client.force_login(stranger)
    for path in [*pages(run)[1:], f"/runs/{run.pk}/genomes/0/", f"/runs/{run.pk}/genomes/0/drawing.svg"]:
        missing = path.replace(f"/runs/{run.pk}/", "/runs/999999/")
        assert client.get(path).status_code == client.get(missing).status_code == 403, path
    assert client.post(f"/runs/{run.pk}/do/kill/").status_code == 403
    assert run.name.encode() not in client.get("/").content


def test_nobody_is_sent_to_sign_in_and_back(client: Client, launched: Launched) -> None:
    run = launched(evaluations=20, finalists=0)
    for path in pages(run):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/signin/?next="), path


def test_a_viewer_watches_and_is_offered_no_verb(
    client: Client, person: Callable[..., User], launched: Launched
) -> None:
    run = launched(evaluations=20, finalists=0)
    viewer = person(run.team, "viewer")
    client.force_login(viewer)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'data-verb="kill"' not in page
    assert client.post(f"/runs/{run.pk}/do/kill/").status_code == 403


def test_a_verb_answers_a_script_in_json_and_a_form_with_the_page(
    client: Client, researcher: User, launched: Launched
) -> None:
    run = launched(evaluations=20, finalists=0)
    client.force_login(researcher)
    answer = client.post(f"/runs/{run.pk}/do/pause/", headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 200
    assert "Nothing is lost" in json.loads(answer.content)["message"]
    assert client.post(f"/runs/{run.pk}/do/resume/")["Location"] == f"/runs/{run.pk}/"
    assert client.post(f"/runs/{run.pk}/do/explode/").status_code == 404
    assert client.get(f"/runs/{run.pk}/do/kill/").status_code == 405
    client.post(f"/runs/{run.pk}/do/kill/")
    refused = client.post(f"/runs/{run.pk}/do/pause/", headers={"X-Requested-With": "fetch"})
    assert refused.status_code == 409
    assert "cannot pause" in json.loads(refused.content)["message"].lower()


def test_a_birth_in_training_tells_how_far_it_is(
    client: Client, researcher: User, launched: Launched
) -> None:
    run = launched(evaluations=20, finalists=0, window=4)
    step_run(run.pk)
    running = Evaluation.objects.filter(run=run, number=0)
    curve = [{"step": step, "loss": 1 / step} for step in (10, 20, 30)]
    running.update(
        state=EvaluationState.LEASED,
        started=timezone.now(),
        progress_step=30,
        progress_of=60,
        curve=dumps(curve),
    )
    client.force_login(researcher)
    address = f"/runs/{run.pk}/genomes/0/"
    assert f'data-refresh="{address}"' in client.get(address).content.decode()
    parts = client.get(address, headers={"Accept": "application/json"}).json()["parts"]
    assert "training 50 %" in parts["training"]
    assert "loss" in parts["training"]
    assert (parts["fate"], parts["fitness"]) == ("not scored yet", "–")
    running.update(state=EvaluationState.WAITING, started=None)
    drive(run, rehearsal.constant)
    parts = client.get(address, headers={"Accept": "application/json"}).json()["parts"]
    assert (parts["fate"], parts["fitness"] != "–") == ("alive", True)
    assert "data-refresh" not in client.get(address).content.decode()


def test_the_live_read_costs_the_same_for_many_births(
    client: Client, researcher: User, launched: Launched, django_assert_max_num_queries: Callable[..., object]
) -> None:
    run = launched(evaluations=60, finalists=0)
    drive(run, rehearsal.hashed)
    client.force_login(researcher)
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        client.get(f"/runs/{run.pk}/live/?after=-1&best=")


def test_the_table_pages_by_key_through_every_birth_once(
    client: Client, researcher: User, launched: Launched
) -> None:
    run = launched(evaluations=120, finalists=0)
    drive(run, lambda job: fails(job) if job.number % 3 == 0 else rehearsal.hashed(job))
    client.force_login(researcher)
    for sort in ("fitness", "number", "parameters", "flops"):
        seen: list[int] = []
        path = f"/runs/{run.pk}/genomes/?sort={sort}"
        while path:
            table = client.get(path).context["table"]
            seen += [row.birth.number for row in table.rows]
            path = f"/runs/{run.pk}/genomes/?sort={sort}&from={table.onward}" if table.onward else ""
        assert sorted(seen) == list(range(Genome.objects.filter(run=run).count())), sort


def test_words_and_tables_of_the_analysis_come_with_its_figures(
    client: Client, researcher: User, launched: Launched
) -> None:
    run = launched("regularized_evolution", evaluations=12, finalists=0)
    client.force_login(researcher)
    address, page = f"/runs/{run.pk}/panels/", f"/runs/{run.pk}/analysis/"
    before = client.get(address).json()["parts"]
    assert "<table>" not in before["panel-operators-tables"]
    drive(run, rehearsal.hashed)
    after = client.get(address).json()["parts"]
    assert "<table>" in after["panel-operators-tables"]
    whole = client.get(page).content.decode()
    for name, html in after.items():
        assert f'data-part="{name}"' in whole
        assert html.strip() in whole, "a part is what the page holds from the start"


def test_a_control_s_empty_panel_promises_nothing(
    client: Client, researcher: User, launched: Launched
) -> None:
    run = launched("random_search", evaluations=8, finalists=0)
    client.force_login(researcher)
    part = "panel-operators-words"
    waiting = client.get(f"/runs/{run.pk}/panels/").json()["parts"][part]
    assert "This control has nothing for it so far." in waiting
    run.state = State.CANCELLED
    run.save(update_fields=["state"])
    ended = client.get(f"/runs/{run.pk}/panels/").json()["parts"][part]
    assert "This run has nothing for it." in ended
    assert "Appears" not in ended
