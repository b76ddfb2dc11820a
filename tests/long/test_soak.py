"""Twenty minutes of searches with ten sockets that come and go: nothing grows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import psutil
import pytest
import redis
from websockets.exceptions import ConnectionClosed

from tests.live.audit import audit
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor
from tests.long.scale import scaled

pytestmark = [pytest.mark.long, pytest.mark.live]

SECONDS = scaled(20 * 60, least=60)
SOCKETS = 10
WARM_SHARE = 0.3
"""The first part of the soak, in which caches fill, is not judged."""

GROWTH_BYTES, GROWTH_SHARE = 24 << 20, 0.10
GROWTH_COUNT = 6


class Seen(NamedTuple):
    """One look: resident bytes and descriptors by role, connections of the database, keys of Redis."""

    resident: dict[str, int]
    descriptors: dict[str, int]
    connections: int
    keys: int


@pytest.mark.timeout(3600)
def test_nothing_grows_while_searches_and_sockets_come_and_go(new_stack: Callable[..., Stack]) -> None:
    stack = new_stack(slots=2, EVOSCOPE_METHODS_PATH=PROBES)
    visitor = Visitor(stack.start())
    ended = threading.Event()
    runs = [_launch(visitor)]
    watchers = [Watcher(visitor, runs, ended, number) for number in range(SOCKETS)]
    seen: list[Seen] = []
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        visitor.finished(runs[-1], 180)
        runs.append(_launch(visitor))
        seen.append(_look(stack))
    visitor.finished(runs[-1], 180)
    ended.set()
    for watcher in watchers:
        watcher.join(60)
        assert not watcher.is_alive()
        assert watcher.faults == []
        assert watcher.visits > 1
    _flat(seen)
    for run_id in runs:
        audit(stack, run_id)
    assert "died" not in stack.words()
    stack.end()


def _launch(visitor: Visitor) -> int:
    return visitor.launch(evaluations=60, seconds=0.1, steps=2, window=8)


class Watcher(threading.Thread):
    """Opens a socket on the newest run, listens for some seconds, leaves abruptly or in order, comes back."""

    def __init__(self, visitor: Visitor, runs: list[int], ended: threading.Event, number: int) -> None:
        super().__init__(daemon=True)
        self.visitor, self.runs, self.ended, self.number = visitor, runs, ended, number
        self.visits = 0
        self.faults: list[str] = []
        self.start()

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                self._visit()
            except (ConnectionClosed, OSError, TimeoutError) as fault:
                self.faults.append(repr(fault))
                return

    def _visit(self) -> None:
        run_id, self.visits = self.runs[-1], self.visits + 1
        leave = time.monotonic() + 2 + self.number
        socket = self.visitor.socket(run_id, query="?since=0")
        numbers: list[int] = []
        while time.monotonic() < leave and not self.ended.is_set():
            numbers += [event["seq"] for event in json.loads(socket.recv(timeout=30))["events"]]
        if numbers != list(range(1, len(numbers) + 1)):
            self.faults.append(f"run {run_id}: events came as {numbers[:20]}...")
        if self.visits % 2:
            socket.close()
        else:
            socket.socket.close()  # as a laptop that is shut


def _look(stack: Stack) -> Seen:
    resident, descriptors = {}, {}
    for role, pid in stack.pids().items():
        process = psutil.Process(pid)
        resident[role], descriptors[role] = process.memory_info().rss, process.num_fds()
    for number, training in enumerate(sorted(stack.trainings(), key=lambda found: found.pid)):
        resident[f"training-{number}"] = training.memory_info().rss
    ((connections,),) = stack.rows("SELECT count(*) FROM pg_stat_activity")
    password = (stack.var / "secrets" / "redis-password").read_text().strip()
    note = stack.var / "run" / "sockets"
    folder = note.read_text().strip() if note.exists() else str(stack.var / "run" / "s")
    with redis.Redis(unix_socket_path=f"{folder}/redis.sock", password=password) as client:
        return Seen(resident, descriptors, connections, client.dbsize())


def _flat(seen: list[Seen]) -> None:
    """The medians of the last third against those just after the warm part."""
    start = int(WARM_SHARE * len(seen))
    third = max(1, (len(seen) - start) // 3)
    early, late = seen[start : start + third], seen[-third:]

    def grown(read: Callable[[Seen], float]) -> tuple[float, float]:
        return median(map(read, early)), median(map(read, late))

    for role in early[0].resident.keys() & late[-1].resident.keys():
        before, after = grown(lambda look, role=role: look.resident.get(role, 0))
        assert after <= before * (1 + GROWTH_SHARE) + GROWTH_BYTES, f"{role}: {before:.0f} to {after:.0f} B"
    for role in early[0].descriptors.keys() & late[-1].descriptors.keys():
        before, after = grown(lambda look, role=role: look.descriptors.get(role, 0))
        assert after <= before + GROWTH_COUNT, f"{role}: {before:.0f} to {after:.0f} descriptors"
    for what in ("connections", "keys"):
        before, after = grown(lambda look, what=what: getattr(look, what))
        assert after <= before + GROWTH_COUNT, f"{what}: {before:.0f} to {after:.0f}"
