"""A message may only name a task of ours, on a queue of ours, in JSON."""

import pytest

from webapp.config.celery import QUEUES, app, route


@pytest.mark.parametrize("queue", QUEUES)
def test_a_task_goes_to_the_queue_of_its_name(queue: str) -> None:
    assert route(f"{queue}.anything") == {"queue": queue}


@pytest.mark.parametrize("name", ["celery.backend_cleanup", "os.system", "evaluate", "evaluation.work", ""])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must begin with one of evaluate, control, prepare"):
        route(name)


def test_json_alone_is_taken_and_nothing_is_stored() -> None:
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == "json"
    assert app.conf.result_backend is None


def test_every_task_of_the_project_has_a_queue() -> None:
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    assert ours
    assert all(route(name)["queue"] in QUEUES for name in ours)
