"""A process that takes messages from one queue, one at a time, in its main thread."""

import os

from django.db import DEFAULT_DB_ALIAS, connections

from webapp.config.celery import app

KEPT_SECONDS = 300
"""How long a worker keeps its connection to the database: opening one takes longer than most tasks."""


def listen(queue: str, name: str) -> None:
    """Take messages of `queue` until told to end; `name` tells this process from others on the machine.

    One task at a time and no forked pool: a task may start processes of its own, and a kill of this
    process is a kill of its work and nothing else.
    """
    connections.settings[DEFAULT_DB_ALIAS].update(CONN_MAX_AGE=KEPT_SECONDS, CONN_HEALTH_CHECKS=True)
    app.worker_main(
        [
            "--quiet",
            "--skip-checks",  # `up` has made them; each would load every page
            "worker",
            f"--queues={queue}",
            f"--hostname={name}-{os.getpid()}@%h",
            "--pool=solo",
            "--concurrency=1",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=WARNING",
        ]
    )
