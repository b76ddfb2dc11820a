"""Launch and the verbs: who may, from which state, once; each leaves an event and an audit entry."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import dumps, loads
from searchengine.testing import rehearsal
from tests.web.searches.worker_stand_in import finish
from webapp.accounts.models import AuditEntry, Team, User
from webapp.accounts.roles import Role
from webapp.datasets.models import Dataset, DatasetState
from webapp.searches.models import Evaluation, Event, Genome, SearchRun, Snapshot
from webapp.searches.services.fork import fork
from webapp.searches.services.kill import kill
from webapp.searches.services.launch import Launch, draft, launch
from webapp.searches.services.pause import pause
from webapp.searches.services.resume import resume
from webapp.searches.services.start_control import controls_to_start, start_control
from webapp.searches.services.start_drafts import start_drafts
from webapp.searches.services.stop import stop
from webapp.searches.states import MOVES, EvaluationState, MoveRefused, State
from webapp.searches.steps import step_run

pytestmark = pytest.mark.django_db(transaction=True)
Launched = Callable[..., SearchRun]
People = Callable[..., User]


def test_a_double_click_makes_one_run(probes: None, researcher: User, dataset: Dataset) -> None:
    wanted = Launch(method="probe", dataset_id=dataset.pk, key="form 7")
    made: list[int] = []
    start = threading.Barrier(2)

    def click() -> None:
        start.wait()
        made.append(launch(user=researcher, wanted=wanted).run.pk)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made[0] == made[1]
    assert SearchRun.objects.count() == 1


def test_the_same_key_with_other_contents_is_refused(
    probes: None, researcher: User, dataset: Dataset
) -> None:
    launch(user=researcher, wanted=Launch(method="probe", dataset_id=dataset.pk, key="form 7"))
    with pytest.raises(InvalidParams) as refused:
        launch(user=researcher, wanted=Launch(method="probe", dataset_id=dataset.pk, key="form 7", seed=3))
    assert "key" in refused.value.fields


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"method": "no_such"}, "method"),
        ({"preset": "no_such"}, "preset"),
        ({"dataset_id": 10**30}, "dataset_id"),
        ({"values": {"evaluations": 0}}, "evaluations"),
        ({"values": {"evaluations": "3"}}, "evaluations"),
        ({"values": {"nonsense": 1}}, "nonsense"),
        ({"window": 0}, "window"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**70}, "seed"),
        ({"budget_evaluations": 0}, "budget_evaluations"),
        ({"budget_seconds": float("inf")}, "budget_seconds"),
        ({"name": "n" * 161}, "name"),
    ],
)
def test_a_wrong_wish_is_refused_at_its_field(
    probes: None, researcher: User, dataset: Dataset, changed: dict[str, object], field: str
) -> None:
    wish: dict[str, object] = {"method": "probe", "dataset_id": dataset.pk, **changed}
    with pytest.raises(InvalidParams) as refused:
        launch(user=researcher, wanted=Launch(**wish))  # type: ignore[arg-type]
    assert list(refused.value.fields) == [field]
    assert not SearchRun.objects.exists()


def test_data_a_method_does_not_accept_is_refused(probes: None, researcher: User, dataset: Dataset) -> None:
    with pytest.raises(InvalidParams) as refused:
        launch(user=researcher, wanted=Launch(method="evanet", dataset_id=dataset.pk))
    assert "clips" in refused.value.fields["dataset_id"]


def test_a_viewer_may_neither_launch_nor_pause(
    probes: None, team: Team, person: People, dataset: Dataset, launched: Launched
) -> None:
    viewer = person(team, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        launch(user=viewer, wanted=Launch(method="probe", dataset_id=dataset.pk))
    run = launched()
    for verb in (pause, resume, stop, kill):
        with pytest.raises(PermissionDenied):
            verb(run_id=run.pk, actor=viewer)


def test_a_stranger_cannot_tell_a_foreign_run_from_none(launched: Launched, stranger: User) -> None:
    run = launched()
    said = []
    for run_id in (run.pk, run.pk + 1000, -1, 2**80):
        with pytest.raises(PermissionDenied) as refused:
            kill(run_id=run_id, actor=stranger)
        said.append(str(refused.value))
    assert len(set(said)) == 1


def test_pause_and_resume_are_told_and_recorded(launched: Launched, researcher: User) -> None:
    run = launched()
    step_run(run.pk)
    assert pause(run_id=run.pk, actor=researcher).state == State.PAUSED
    finish(run, rehearsal.hashed)
    assert step_run(run.pk) == 0  # a paused run is not stepped: its results wait
    assert resume(run_id=run.pk, actor=researcher).state == State.RUNNING
    assert step_run(run.pk) == 1
    actions = list(
        AuditEntry.objects.filter(kind="run", object_id=run.pk)
        .order_by("id")
        .values_list("action", flat=True)
    )
    assert actions == ["launch", "pause", "resume"]
    states = [
        loads(text)["state"]
        for text in Event.objects.filter(run=run, kind="state").values_list("payload", flat=True)
    ]
    assert states == ["queued", "paused", "running"]


def test_stop_ends_with_what_was_asked(launched: Launched, researcher: User) -> None:
    run = launched(evaluations=100, finalists=0, window=8)
    step_run(run.pk)
    finish(run, rehearsal.hashed, [0, 1])
    stop(run_id=run.pk, actor=researcher)
    step_run(run.pk)
    while finish(run, rehearsal.hashed):
        step_run(run.pk)
    run.refresh_from_db()
    assert run.state == State.FINISHED
    assert run.births == 8  # those asked before the stop, no further ones


@pytest.mark.parametrize("state", list(State))
def test_kill_is_final_from_everywhere(launched: Launched, researcher: User, state: State) -> None:
    run = launched()
    step_run(run.pk)
    SearchRun.objects.filter(pk=run.pk).update(state=state)
    if MOVES[state]:
        assert kill(run_id=run.pk, actor=researcher).state == State.CANCELLED
        assert not Evaluation.objects.filter(run=run).exclude(state=EvaluationState.CANCELLED).exists()
    elif state == State.CANCELLED:
        assert kill(run_id=run.pk, actor=researcher).state == State.CANCELLED
    else:
        with pytest.raises(MoveRefused):
            kill(run_id=run.pk, actor=researcher)


def drive(run: SearchRun) -> None:
    step_run(run.pk)
    while finish(run, rehearsal.hashed):
        step_run(run.pk)
    run.refresh_from_db()


def test_a_control_starts_with_the_cost_its_run_spent(
    probes: None, researcher: User, dataset: Dataset
) -> None:
    wanted = Launch(
        method="probe",
        dataset_id=dataset.pk,
        values={"evaluations": 12, "finalists": 0},
        seed=1,
        control=True,
    )
    done = launch(user=researcher, wanted=wanted)
    assert done.control is not None
    assert done.control.state == State.DRAFT
    assert not controls_to_start().exists()
    drive(done.run)
    start_control(controls_to_start().get())
    control = SearchRun.objects.get(pk=done.control.pk)
    assert control.state == State.QUEUED
    drive(control)
    assert control.state == State.FINISHED
    assert control.progress_json["cost"] == done.run.progress_json["cost"] == 12.0


def test_a_draft_starts_when_its_data_is_ready(probes: None, researcher: User, dataset: Dataset) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(state=DatasetState.PREPARING)
    run = draft(user=researcher, wanted=Launch(method="probe", dataset_id=dataset.pk, seed=2, window=4))
    start_drafts()
    run.refresh_from_db()
    assert run.state == State.DRAFT
    Dataset.objects.filter(pk=dataset.pk).update(state=DatasetState.READY)
    start_drafts()
    run.refresh_from_db()
    assert (run.state, run.seed, run.window) == (State.QUEUED, 2, 4)


def test_a_draft_whose_data_failed_fails_in_words(probes: None, researcher: User, dataset: Dataset) -> None:
    Dataset.objects.filter(pk=dataset.pk).update(state=DatasetState.FAILED, error="class a holds one sample")
    run = draft(user=researcher, wanted=Launch(method="probe", dataset_id=dataset.pk))
    start_drafts()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "one sample" in run.error


def test_a_fork_without_changes_lives_the_same_history(launched: Launched, researcher: User) -> None:
    run = launched("regularized_evolution", evaluations=40, finalists=0, space="probe", window=4)
    drive(run)
    snapshot = Snapshot.objects.filter(run=run).order_by("pk")[1]
    forked = fork(run_id=run.pk, snapshot_id=snapshot.pk, actor=researcher)
    assert Genome.objects.filter(run=forked).count() < run.births
    drive(forked)
    assert forked.state == State.FINISHED

    def history(of: SearchRun) -> list[tuple[object, ...]]:
        rows = Genome.objects.filter(run=of).order_by("number")
        return list(
            rows.values_list(
                "number", "genome", "parent_numbers", "fitness", "score", "left_reason", "left_at_job"
            )
        )

    assert history(forked) == history(run)
    assert forked.best_fitness == run.best_fitness
    assert dumps(forked.outcome_json) == dumps(run.outcome_json)


def test_a_budget_in_seconds_closes_the_search(probes: None, researcher: User, dataset: Dataset) -> None:
    wanted = Launch(
        method="probe",
        dataset_id=dataset.pk,
        values={"evaluations": 1000, "finalists": 0},
        budget_seconds=1.0,
    )
    run = launch(user=researcher, wanted=wanted).run
    step_run(run.pk)
    SearchRun.objects.filter(pk=run.pk).update(active_seconds=2.0)
    drive(run)
    assert run.state == State.FINISHED
    assert run.births < 1000
