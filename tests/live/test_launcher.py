"""One command brings the product up; what dies comes back; nothing is left behind."""

import json
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.live.stack import Stack
from tests.waits import wait_until

pytestmark = pytest.mark.live


def test_every_process_runs_and_web_is_healthy(live_stack: Stack) -> None:
    assert set(live_stack.pids()) == {"launcher", "web", "steward", "preparer", "slot-1", "postgres", "redis"}
    assert live_stack.get() == (200, b'{"database": true, "redis": true}')


def test_a_second_start_says_where_the_first_one_runs_and_ends(live_stack: Stack) -> None:
    before = live_stack.pids()
    second = live_stack.manage("up", "--port", "0")
    assert second.returncode == 0
    assert live_stack.base_url in second.stdout
    assert live_stack.pids() == before


def test_a_command_beside_it_uses_the_same_servers_and_leaves_them_up(live_stack: Stack) -> None:
    before = live_stack.pids()
    assert live_stack.manage("migrate", "--check").returncode == 0
    assert live_stack.pids() == before


@pytest.mark.parametrize("role", ["slot-1", "steward", "preparer", "web", "redis", "postgres"])
def test_a_killed_process_is_started_again(live_stack: Stack, role: str) -> None:
    wait_until(live_stack.healthy, 20, "web to be healthy before the kill")
    old = live_stack.kill(role)
    live_stack.back(role, old)
    wait_until(live_stack.healthy, 20, "web to be healthy after the kill")
    assert re.search(rf"{role} (was ended by SIGKILL|died)", live_stack.words())


def test_children_die_with_a_killed_launcher_and_the_next_one_adopts_its_servers(live_stack: Stack) -> None:
    before = live_stack.pids()
    live_stack.kill("launcher")
    own = [pid for role, pid in before.items() if role not in {"postgres", "redis"}]
    wait_until(lambda: not any(map(psutil.pid_exists, own)), 10, "the launcher's children to be gone")
    live_stack.start()
    after = live_stack.pids()
    assert (after["postgres"], after["redis"]) == (before["postgres"], before["redis"])
    assert live_stack.healthy()


def test_after_a_kill_of_everything_the_next_start_finds_the_data(live_stack: Stack) -> None:
    accounts = live_stack.rows("SELECT id, username, password FROM accounts_user")
    live_stack.kill_everything()
    live_stack.start()
    assert live_stack.healthy()
    assert live_stack.rows("SELECT id, username, password FROM accounts_user") == accounts
    assert live_stack.words().count("first account") == 1


def test_the_status_file_tells_nobody_else(live_stack: Stack) -> None:
    said = json.loads((live_stack.var / "run" / "launcher.json").read_text())
    assert said["address"].rstrip("/") == live_stack.base_url
    assert (live_stack.var.stat().st_mode & 0o066) == 0


def test_the_built_in_data_is_prepared_by_itself(live_stack: Stack, prepared_data: Path) -> None:
    wait_until(lambda: ready(live_stack) == names(prepared_data), 120, "the built-in sets to be prepared")
    assert names(live_stack.var / "data") == names(prepared_data)


def test_data_that_is_there_at_the_first_start_is_taken_as_it_is(
    new_stack: Callable[..., Stack], prepared_data: Path
) -> None:
    stack = new_stack(slots=0).start()
    wait_until(lambda: ready(stack) == names(prepared_data), 60, "the built-in sets to be found")
    for manifest in prepared_data.glob("*/manifest.json"):
        found = stack.var / "data" / manifest.relative_to(prepared_data)
        assert found.stat().st_mtime_ns == manifest.stat().st_mtime_ns
    stack.end()


def test_a_request_to_end_leaves_no_process(live_stack: Stack) -> None:
    assert live_stack.end(signal.SIGINT) == 0
    assert live_stack.processes() == []
    assert not (live_stack.var / "run" / "launcher.json").exists()


@pytest.mark.parametrize("name", ["a folder with spaces, ü and 'quotes'", "long-" + "x" * 150])
def test_it_runs_in_a_folder_with_an_unusual_path(
    new_stack: Callable[..., Stack], live_root: Path, name: str
) -> None:
    place = live_root / name
    place.mkdir()
    stack = new_stack(place / "var", slots=0).start()
    assert stack.healthy()
    sockets = Path((stack.var / "run" / "sockets").read_text().strip())
    assert stack.end(signal.SIGHUP) == 0
    assert stack.processes() == []
    assert not sockets.exists()


def test_a_taken_port_is_named_and_another_one_chosen(new_stack: Callable[..., Stack]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        stack = new_stack(slots=0).start("--port", str(port))
        assert f"port {port} is taken" in stack.words()
        assert not stack.base_url.endswith(f":{port}")
        assert stack.healthy()


def test_the_first_password_is_generated_and_shown_once(new_stack: Callable[..., Stack]) -> None:
    stack = new_stack(slots=0, EVOSCOPE_ADMIN_PASSWORD="").start()
    assert stack.words().count("its password (shown this once): ") == 1
    stack.restart()
    assert stack.words().count("its password (shown this once): ") == 1


def test_help_says_what_it_does(new_stack: Callable[..., Stack]) -> None:
    said = new_stack().manage("up", "--help").stdout
    for word in (
        "PostgreSQL",
        "Redis",
        "Ctrl-C",
        "--port",
        "--demo",
        "--until-done",
        "--json",
        "EVOSCOPE_VAR",
    ):
        assert word in said


def ready(stack: Stack) -> set[str]:
    """The fingerprints of the data sets whose rows say that they are ready."""
    rows = stack.rows("SELECT fingerprint FROM datasets_dataset WHERE state = 'ready'")
    return {fingerprint for (fingerprint,) in rows}


def names(data: Path) -> set[str]:
    """The fingerprints of the sets in a folder of prepared data."""
    return {path.parent.name for path in data.glob("*/manifest.json")}
