"""A bare Celery task that only counts itself, on the broker of a running product: the floor under any task.

    python -m benchmarks.noop        the worker, with the product's environment

The worker has the product's own settings: solo pool, JSON, acknowledged early, no result.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import NamedTuple

import redis
from celery import Celery

from webapp.config.redis import broker_url, redis_url
from webapp.config.var import HOME
from webapp.operations.processes import dies_with_parent

QUEUE = "bare"
TASK = "bare.count"
COUNTER = "benchmark:counted"
PATIENCE = 300.0


class Bare(NamedTuple):
    """Seconds a task: with the sending in it, and from a filled queue alone."""

    sent_and_run: float
    run: float


def app() -> Celery:
    """An application beside the product's, on the same broker."""
    made = Celery("bare", broker=broker_url())
    made.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=False,
        task_default_queue=QUEUE,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
    )
    return made


def measure(environment: Mapping[str, str], tasks: int, rounds: int = 5) -> list[Bare]:
    """Start a worker, warm it, and time ``rounds`` of ``tasks`` tasks. ``environment`` is the product's."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.noop"],
        cwd=HOME,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=dies_with_parent(),
    )
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.noop", str(tasks), str(rounds)],
            cwd=HOME,
            env=dict(environment),
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    return [Bare(*map(float, line.split())) for line in answer.stdout.splitlines()]


def _send(tasks: int, rounds: int) -> None:
    sender, client = app(), redis.Redis.from_url(redis_url())
    client.delete(COUNTER)
    _round(sender, client, 50)
    for _ in range(rounds):
        print(*_round(sender, client, tasks), flush=True)


def _round(sender: Celery, client: redis.Redis, tasks: int) -> Bare:
    start = int(client.get(COUNTER) or 0)
    began = time.perf_counter()
    with sender.producer_or_acquire() as producer:
        for _ in range(tasks):
            sender.send_task(TASK, producer=producer, ignore_result=True)
    sent = time.perf_counter()
    left = tasks - (int(client.get(COUNTER) or 0) - start)
    while int(client.get(COUNTER) or 0) - start < tasks:
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError(f"{tasks} bare tasks were not run within {PATIENCE:.0f} s")
        time.sleep(0.005)
    ended = time.perf_counter()
    return Bare((ended - began) / tasks, (ended - sent) / left if left > tasks / 10 else float("nan"))


def _work() -> None:
    listener, client = app(), redis.Redis.from_url(redis_url())

    @listener.task(name=TASK)
    def count() -> None:
        client.incr(COUNTER)

    listener.worker_main(
        [
            *("--quiet", "worker", f"--queues={QUEUE}", f"--hostname=bare-{os.getpid()}@%h"),
            *("--pool=solo", "--concurrency=1", "--without-gossip", "--without-mingle"),
            *("--without-heartbeat", "--loglevel=WARNING"),
        ]
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        _send(int(sys.argv[1]), int(sys.argv[2]))
    else:
        _work()
