"""Celery: JSON only, no result backend, named tasks on named queues. A message is a bell, never truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.config.settings")

from webapp.config.redis import broker_url

EVALUATE = "evaluate"
CONTROL = "control"
PREPARE = "prepare"
QUEUES = (EVALUATE, CONTROL, PREPARE)


def route(name: str, *_: object, **__: object) -> dict[str, str]:
    """The queue of a task named `<queue>.<verb>`; a task with any other name is refused."""
    queue, _dot, verb = name.partition(".")
    if queue not in QUEUES or not verb:
        raise ValueError(f"a task's name must begin with one of {', '.join(QUEUES)} and a dot, got {name!r}")
    return {"queue": queue}


app = Celery("webapp")
app.conf.update(
    broker_url=broker_url(),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # Redis may be away for as long as it likes
    broker_transport_options={"socket_timeout": 30, "socket_connect_timeout": 5, "health_check_interval": 10},
    result_backend=None,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=False,  # rows with leases bring work back; a second delivery would only ring twice
    task_create_missing_queues=False,
    task_queues={queue: {"exchange": queue, "routing_key": queue} for queue in QUEUES},
    task_default_queue=CONTROL,
    task_routes=(route,),
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    enable_utc=True,
    timezone="UTC",
)
app.autodiscover_tasks(
    ["webapp.searches", "webapp.exports", "webapp.judging", "webapp.datasets", "webapp.operations"]
)
