"""The socket of a run: who may listen, what comes, and what a hostile client gets."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor
from tests.waits import wait_until

pytestmark = pytest.mark.live

SLOW: dict[str, Any] = {"evaluations": 6, "seconds": 0.6, "steps": 6}


@pytest.fixture(scope="module")
def stack(live_root: Path, prepared_data: Path) -> Iterator[Stack]:
    var = Path(tempfile.mkdtemp(dir=live_root)) / "var"
    made = Stack(var, slots=1, data=prepared_data, EVOSCOPE_METHODS_PATH=PROBES)
    try:
        yield made.start()
        made.end()
    finally:
        made.clear()


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Visitor:
    return Visitor(stack)


def frames_until(socket: ClientConnection, state: str, seconds: float = 60.0) -> list[dict[str, Any]]:
    """Every frame up to the one that says the run is in ``state``."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found.append(json.loads(socket.recv(timeout=deadline - time.monotonic())))
        if found[-1]["state"]["state"] == state:
            return found
    raise AssertionError(f"the run was never said to be {state}")


def closed_with(socket: ClientConnection, seconds: float = 10.0) -> int:
    """The code the server closes the socket with; what it sends before is passed over."""
    deadline = time.monotonic() + seconds
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=deadline - time.monotonic())
    return socket.close_code or 0


def test_every_event_comes_once_and_in_order(visitor: Visitor) -> None:
    run_id = visitor.launch(**SLOW)
    with visitor.socket(run_id, query="?since=0") as socket:
        frames = frames_until(socket, "finished")
    assert frames[0]["type"] == "snapshot"
    numbers = [event["seq"] for frame in frames for event in frame["events"]]
    assert numbers == list(range(1, numbers[-1] + 1))
    assert [frame["seq"] for frame in frames] == sorted(frame["seq"] for frame in frames)
    assert any(frame["progress"] for frame in frames)
    kinds = [event["kind"] for frame in frames for event in frame["events"]]
    assert kinds.count("birth") == kinds.count("told") == 6


def test_who_comes_back_gets_exactly_what_was_missed(visitor: Visitor) -> None:
    run_id = visitor.launch(**SLOW)
    with visitor.socket(run_id, query="?since=0") as socket:
        seen = [event["seq"] for event in json.loads(socket.recv(timeout=20))["events"]]
    visitor.finished(run_id)
    with visitor.socket(run_id, query=f"?since={max(seen, default=0)}") as socket:
        seen += [event["seq"] for event in json.loads(socket.recv(timeout=20))["events"]]
    assert seen == list(range(1, visitor.run(run_id)["last_seq"] + 1))


def test_a_number_from_the_future_makes_the_page_read_again(visitor: Visitor) -> None:
    run_id = visitor.launch(evaluations=2)
    with visitor.socket(run_id, query="?since=999999") as socket:
        assert json.loads(socket.recv(timeout=20))["reread"] is True


def test_strangers_and_foreign_ids_are_refused_alike(visitor: Visitor) -> None:
    run_id = visitor.launch(evaluations=2)
    with visitor.socket(run_id, signed_in=False) as socket:
        assert closed_with(socket) == 4401
    for foreign in (run_id + 1000, "-1", "9" * 40, "abc"):
        with visitor.socket(foreign) as socket:
            assert closed_with(socket) == 4403


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", None])
def test_another_origin_is_refused(visitor: Visitor, origin: str | None) -> None:
    run_id = visitor.launch(evaluations=2)
    with pytest.raises(InvalidStatus), visitor.socket(run_id, origin=origin):
        pass


@pytest.mark.parametrize(
    "message",
    [b"\x00\x01", "x" * 2_000_000, "{}", '{"type":"subscribe","run":1}', "\ud7ff", '{"type":"ping"} '],
    ids=range(6),
)
def test_hostile_messages_end_that_socket_alone(visitor: Visitor, message: str | bytes) -> None:
    run_id = visitor.launch(**SLOW)
    with visitor.socket(run_id) as healthy, visitor.socket(run_id) as hostile:
        hostile.send(message)
        assert closed_with(hostile) in (4400, 1009)
        frames_until(healthy, "finished")


def test_a_socket_ends_when_its_role_is_taken_away(stack: Stack, visitor: Visitor) -> None:
    run_id = visitor.launch(**SLOW)
    with visitor.socket(run_id) as socket:
        socket.recv(timeout=20)
        try:
            stack.rows("UPDATE accounts_user SET is_active = false")
            assert closed_with(socket, 10) == 4403
        finally:
            stack.rows("UPDATE accounts_user SET is_active = true")


def test_a_socket_that_reads_slowly_gets_fewer_frames_and_holds_nobody_up(visitor: Visitor) -> None:
    run_id = visitor.launch(evaluations=20, seconds=0.1, steps=2)
    slow: list[dict[str, Any]] = []

    def dawdle() -> None:
        pause = threading.Event()
        with visitor.socket(run_id, query="?since=0") as socket:
            while True:
                slow.append(json.loads(socket.recv(timeout=60)))
                if slow[-1]["state"]["state"] == "finished":
                    return
                pause.wait(0.2)

    reader = threading.Thread(target=dawdle)
    reader.start()
    with visitor.socket(run_id, query="?since=0") as socket:
        fast = frames_until(socket, "finished", 120)
    reader.join(120)
    numbers = [[event["seq"] for frame in frames for event in frame["events"]] for frames in (fast, slow)]
    assert numbers[0] == numbers[1] == list(range(1, len(numbers[0]) + 1))


def test_redis_loses_everything_and_the_socket_goes_on(stack: Stack, visitor: Visitor) -> None:
    run_id = visitor.launch(evaluations=8, seconds=0.6, steps=6)
    with visitor.socket(run_id, query="?since=0") as socket:
        socket.recv(timeout=20)
        stack.back("redis", stack.kill("redis"))
        frames_until(socket, "finished", 90)
    wait_until(stack.healthy, 20, "redis to answer")
