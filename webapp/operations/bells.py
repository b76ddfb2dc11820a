"""A process that takes messages from one queue, one at a time, in its main thread."""

import os

from webapp.config.celery import app


def listen(queue: str, name: str) -> None:
    """Take messages of `queue` until told to end; `name` tells this process from others on the machine.

    One task at a time and no forked pool: a task may start processes of its own, and a kill of this
    process is a kill of its work and nothing else.
    """
    app.worker_main(
        [
            "--quiet",
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
