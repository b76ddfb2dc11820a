"""What a method draws of its births, on the pages of its runs and of controls that search its space."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from searchengine import catalogue
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.report.picture import Picture, PictureEdge, PictureNode, Portrayed
from searchengine.testing import rehearsal
from tests.web.searches.test_steps import drive
from tests.web.searches.worker_stand_in import finish
from webapp.accounts.models import User
from webapp.searches.models import Evaluation, Genome, Score, SearchRun
from webapp.searches.pages.genome_page import curve_views
from webapp.searches.pages.networks import unplotted
from webapp.searches.pages.pictures import trained_picture
from webapp.searches.pages.portraits import portrait_of, portraits
from webapp.searches.states import EvaluationState
from webapp.searches.steps import step_run

Launched = Callable[..., SearchRun]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def evolved(launched: Launched) -> SearchRun:
    """A finished evolution over the probe's space: founders and children."""
    run = launched("regularized_evolution", evaluations=30, finalists=0, space="probe")
    drive(run, rehearsal.constant)
    run.refresh_from_db()
    return run


@pytest.fixture
def running(launched: Launched) -> SearchRun:
    """An evolution over the probe's space whose newest births wait for a worker."""
    run = launched("regularized_evolution", evaluations=40, finalists=0, space="probe", window=4)
    step_run(run.pk)
    for _ in range(5):
        finish(run, rehearsal.constant)
        step_run(run.pk)
    run.refresh_from_db()
    return run


def children(run: SearchRun) -> list[int]:
    rows = Genome.objects.filter(run=run).order_by("number").values_list("number", "parent_numbers")
    return [number for number, parents in rows if parents != "[]"]


def trains(run: SearchRun, number: int, losses: list[float]) -> None:
    """The birth's evaluation is under way, with this curve so far."""
    curve = [{"step": step, "loss": loss, "w 0>1": loss} for step, loss in enumerate(losses, start=1)]
    Evaluation.objects.filter(run=run, subjects=[number]).update(
        state=EvaluationState.LEASED,
        started=timezone.now(),
        progress_step=len(losses),
        progress_of=10,
        curve=dumps(curve),
    )


def test_a_birth_s_page_shows_its_picture_and_what_changed_from_its_parent(
    client: Client, researcher: User, evolved: SearchRun
) -> None:
    client.force_login(researcher)
    child = children(evolved)[-1]
    page = client.get(f"/runs/{evolved.pk}/genomes/{child}/").content.decode()
    assert "Which digits it is written with." in page
    assert len(re.findall(r'<svg class="pic[ "]', page)) == 2
    assert f"Number {Genome.objects.get(run=evolved, number=child).genome_json['value']}" in page
    assert "Connections" in page
    assert "a probe is no network" in page, "why there are no layers is said too"
    founder = client.get(f"/runs/{evolved.pk}/genomes/0/").content.decode()
    assert len(re.findall(r'<svg class="pic[ "]', founder)) == 1


def test_a_picture_follows_its_training(client: Client, researcher: User, running: SearchRun) -> None:
    client.force_login(researcher)
    newest = Genome.objects.filter(run=running).order_by("-number")[0].number
    address = f"/runs/{running.pk}/genomes/{newest}/"
    page = client.get(address).content.decode()
    assert 'data-part="picture" data-morph' in page
    assert "w-unknown" in page
    trains(running, newest, [0.9, 0.7])
    parts = client.get(address, headers={"Accept": "application/json"}).json()["parts"]
    assert "w-7" in parts["picture"]
    assert "w-unknown" not in parts["picture"]
    assert "pic-trace" in parts["picture"]
    assert "loss" in parts["training"]
    assert "w 0" not in parts["training"], "connections are no curves"


def test_findings_and_curve_are_those_of_the_first_told_evaluation(running: SearchRun) -> None:
    told = Genome.objects.filter(run=running, told_at_job__isnull=False).order_by("number")[0]
    waiting = Genome.objects.filter(run=running, told_at_job=None).order_by("number")[0]
    row = Evaluation.objects.get(run=running, number=told.told_at_job)
    result = {**row.engine_result().to_json(), "findings": {"weights": [0.5]}}
    Evaluation.objects.filter(pk=row.pk).update(result=dumps(result), curve=dumps([{"step": 1, "loss": 0.4}]))
    later = {**result, "job": 900, "findings": {"weights": [0.9]}}
    Evaluation.objects.create(
        run=running,
        number=900,
        kind="probe",
        evaluator="probe",
        phase="final",
        subjects=[told.number],
        seed=1,
        protocol="",
        job="{}",
        state=EvaluationState.TOLD,
        result=dumps(later),
    )
    trains(running, waiting.number, [0.9])
    found = portraits(running, [told, waiting])
    assert found[told.number].findings == {"weights": [0.5]}
    assert found[told.number].curve == ({"step": 1, "loss": 0.4},)
    assert found[told.number].genome == told.genome_json
    last = Evaluation.objects.get(run=running, number=900)
    assert portrait_of(running, told, last).findings == {"weights": [0.9]}, "an export shows what it holds"
    assert found[waiting.number].findings == {}
    assert found[waiting.number].curve == ({"step": 1, "loss": 0.9, "w 0>1": 0.9},)
    assert [change.text for change in found[waiting.number].changes] == [
        change["text"] for change in waiting.changes_json
    ]


def test_what_only_a_later_job_of_the_search_found_is_added(running: SearchRun) -> None:
    """As where a first job measures and a second trains: neither hides what the other found."""
    told = Genome.objects.filter(run=running, told_at_job__isnull=False).order_by("number")[0]
    row = Evaluation.objects.get(run=running, number=told.told_at_job)
    result = row.engine_result().to_json()

    def says(number: int, phase: str, state: str, findings: Json) -> None:
        text = dumps({**result, "job": number, "findings": findings})
        made = Evaluation.objects.create(
            run=running, number=number, kind="probe", evaluator="probe", phase=phase,
            subjects=[told.number], seed=1, protocol="", job="{}", state=state, result=text,
        )  # fmt: skip
        if state == EvaluationState.TOLD:
            Score.objects.create(evaluation=made, genome=told)

    first = dumps({**result, "findings": {"costs": [1.0]}})
    Evaluation.objects.filter(pk=row.pk).update(result=first, curve=dumps([{"step": 1, "loss": 0.4}]))
    says(901, "search", EvaluationState.TOLD, {"gates": [0.5], "costs": [9.0]})
    says(902, "search", EvaluationState.FINISHED, {"untold": True})
    says(903, "final", EvaluationState.TOLD, {"final": True})
    found = portraits(running, [told])[told.number]
    assert found.findings == {"costs": [1.0], "gates": [0.5]}
    assert found.curve == ({"step": 1, "loss": 0.4},)


def test_the_run_page_draws_the_best_and_the_newest_child(
    client: Client, researcher: User, evolved: SearchRun
) -> None:
    client.force_login(researcher)
    page = client.get(f"/runs/{evolved.pk}/").content.decode()
    assert len(re.findall(r'<svg class="pic[ "]', page)) == 2
    newest = children(evolved)[-1]
    parent = Genome.objects.get(run=evolved, number=newest).parent_numbers.strip("[]")
    assert re.search(rf"#{newest}</a> = #{parent} with value", page)
    assert 'data-part="child"' in page
    live = client.get(f"/runs/{evolved.pk}/live/?after=-1&birth=3").json()
    assert "pic-node" in live["parts"]["best"]
    assert "pic-node" in live["parts"]["selected"]
    assert f"/runs/{evolved.pk}/genomes/3/" in live["parts"]["selected"], "its layers are a click away"


def test_the_newest_child_is_sent_when_it_changed(
    client: Client, researcher: User, running: SearchRun
) -> None:
    client.force_login(researcher)
    newest = children(running)[-1]
    trains(running, newest, [0.8])
    address = f"/runs/{running.pk}/live/?after=-1"
    first = client.get(address).json()
    assert f"#{newest}</a>" in first["parts"]["child"]
    assert "training 10 %" in first["parts"]["child"]
    assert "child" not in client.get(f"{address}&child={first['child']}").json()["parts"]
    trains(running, newest, [0.8, 0.3])
    second = client.get(f"{address}&child={first['child']}").json()
    assert second["child"] != first["child"]
    assert "w-3" in second["parts"]["child"]


def test_the_newest_child_is_one_whose_training_began(
    client: Client, researcher: User, running: SearchRun
) -> None:
    client.force_login(researcher)
    waiting = Evaluation.objects.filter(run=running, state=EvaluationState.WAITING).count()
    assert waiting == 4
    chosen = children(running)[-waiting - 1]
    part = client.get(f"/runs/{running.pk}/live/?after=-1").json()["parts"]["child"]
    assert f"#{chosen}</a>" in part
    trains(running, children(running)[-waiting], [0.5])
    part = client.get(f"/runs/{running.pk}/live/?after=-1").json()["parts"]["child"]
    assert f"#{children(running)[-waiting]}</a>" in part


def test_a_founder_in_training_is_drawn_alone(client: Client, researcher: User, launched: Launched) -> None:
    run = launched("regularized_evolution", evaluations=40, finalists=0, space="probe", window=4)
    client.force_login(researcher)
    assert "The first is yet to be born" in client.get(f"/runs/{run.pk}/").content.decode()
    step_run(run.pk)
    assert not children(run)
    address = f"/runs/{run.pk}/live/?after=-1"
    trains(run, 1, [0.8])
    first = client.get(address).json()
    assert "#1</a>" in first["parts"]["child"]
    assert 'class="pic"' in first["parts"]["child"]
    assert "to its parent" not in first["parts"]["child"]
    trains(run, 1, [0.8, 0.3])
    assert client.get(address).json()["child"] != first["child"], "its weights move"


def test_pictures_are_files_to_take_away(
    client: Client, researcher: User, stranger: User, evolved: SearchRun
) -> None:
    client.force_login(researcher)
    base = f"/runs/{evolved.pk}/genomes/{children(evolved)[-1]}"
    for what in ("network", "change"):
        answer = client.get(f"{base}/{what}-picture.svg")
        assert answer["Content-Type"] == "image/svg+xml"
        assert f"{what}-" in answer["Content-Disposition"]
        assert ElementTree.fromstring(answer.content).tag.endswith("svg")
    assert client.get(f"/runs/{evolved.pk}/genomes/0/change-picture.svg").status_code == 404
    client.force_login(stranger)
    missing = "/runs/999999/genomes/0/network-picture.svg"
    assert client.get(f"{base}/network-picture.svg").status_code == client.get(missing).status_code == 403


def test_a_method_without_a_picture_has_none(client: Client, researcher: User, launched: Launched) -> None:
    run = launched("random_search", evaluations=6, finalists=0)
    drive(run, rehearsal.hashed)
    client.force_login(researcher)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'data-part="child"' not in page
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="net"' in page
    birth = client.get(f"/runs/{run.pk}/genomes/0/")
    assert 'data-part="picture"' not in birth.content.decode()
    assert client.get(f"/runs/{run.pk}/genomes/0/network-picture.svg").status_code == 404


def test_an_export_holds_the_picture_of_its_own_training_or_none(
    evolved: SearchRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    birth = Genome.objects.filter(run=evolved).order_by("number")[0]
    row = Evaluation.objects.get(run=evolved, number=birth.told_at_job)
    Evaluation.objects.filter(pk=row.pk).update(curve=dumps([{"step": 1, "loss": 0.3}]))
    row.refresh_from_db()
    picture = trained_picture(evolved, birth, row)
    assert picture is not None
    assert {edge.weight for edge in picture.edges} == {0.3}

    def broken(*_: object) -> Picture:
        raise ValueError("no lane")

    monkeypatch.setattr(catalogue, "picture", lambda slug: broken)
    assert trained_picture(evolved, birth, row) is None, "the network leaves without it"
    monkeypatch.setattr(catalogue, "picture", lambda slug: None)
    assert trained_picture(evolved, birth, row) is None


def test_a_picture_that_fails_costs_the_page_nothing_else(
    client: Client, researcher: User, running: SearchRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Picture:
        raise ValueError("a node <b>without</b> a lane")

    monkeypatch.setattr(catalogue, "picture", lambda slug: broken)
    client.force_login(researcher)
    for path in (f"/runs/{running.pk}/", f"/runs/{running.pk}/genomes/{children(running)[0]}/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "cannot be drawn: a node &lt;b&gt;without" in answer.content.decode()
    assert client.get(f"/runs/{running.pk}/live/?after=-1").status_code == 200


def test_a_picture_file_that_cannot_be_read_leaves_the_layers(
    client: Client, researcher: User, evolved: SearchRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(slug: str) -> None:
        raise SyntaxError("picture.py, line 1")

    monkeypatch.setattr(catalogue, "picture", unreadable)
    client.force_login(researcher)
    for path in (f"/runs/{evolved.pk}/", f"/runs/{evolved.pk}/genomes/0/"):
        page = client.get(path)
        assert page.status_code == 200
        assert 'class="pic' not in page.content.decode()


def test_text_of_a_picture_is_text(
    client: Client, researcher: User, evolved: SearchRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = '"><script>alert(1)</script>'

    def hostile(birth: Portrayed, *_: object) -> Picture:
        nodes = (PictureNode(bad, 0, 0, bad, (bad,), 0.5, (bad,)), PictureNode("b", 1, 0, bad))
        edges = (PictureEdge(bad, "b", 0.5, status="added"),)
        return Picture(bad, bad, (bad, bad), nodes, edges, (bad, bad), (bad,), (bad,))

    monkeypatch.setattr(catalogue, "picture", lambda slug: hostile)
    client.force_login(researcher)
    for path in (f"/runs/{evolved.pk}/", f"/runs/{evolved.pk}/genomes/{children(evolved)[0]}/"):
        page = client.get(path).content.decode()
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page


def test_pictures_cost_few_queries_however_many_births(
    client: Client,
    researcher: User,
    launched: Launched,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    run = launched("regularized_evolution", evaluations=60, finalists=0, space="probe")
    drive(run, rehearsal.constant)
    client.force_login(researcher)
    with django_assert_max_num_queries(40):  # type: ignore[attr-defined]
        client.get(f"/runs/{run.pk}/live/?after=-1&best=&birth=3")
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        client.get(f"/runs/{run.pk}/genomes/{children(run)[-1]}/")


def test_what_a_method_draws_itself_is_no_curve() -> None:
    rows = [{"step": n, "loss": 1 / n, "w 0>6": 0.5, "width": n} for n in (1, 2, 3)]
    assert [view.metric for view in curve_views(rows, ("w ",))] == ["loss", "width"]
    assert [view.metric for view in curve_views(rows)] == ["loss", "w 0>6", "width"]


def test_which_curves_are_drawn_elsewhere_is_the_searched_method_s_to_say(evolved: SearchRun) -> None:
    assert unplotted(evolved) == ("w ",)
    params = evolved.params_json
    evolved.params = dumps({**params, "space": "chain"})
    assert unplotted(evolved) == ()
    evolved.params = dumps({**params, "space": "gone"})
    assert unplotted(evolved) == ()


def test_a_picture_knows_the_parameters_of_what_is_searched(evolved: SearchRun) -> None:
    birth = Genome.objects.filter(run=evolved).first()
    assert birth is not None
    assert portraits(evolved, [birth])[birth.number].params == loads(evolved.plan)["params"]["space_params"]


def test_the_launch_form_draws_its_example(client: Client, researcher: User, evolved: SearchRun) -> None:
    client.force_login(researcher)
    wish = {"dataset": "tiny-images", "preset": "demo", "param-space": "probe"}
    pane = client.get("/launch/regularized_evolution/example/", wish).content.decode()
    assert '<svg class="pic"' in pane
    assert "Which digits" not in pane, "what it searches is said by the pane itself"
    assert "a probe is no network" in pane
