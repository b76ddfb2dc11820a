"""Slots on a further machine: another `var/`, the same database, Redis and store."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.live.stack import Stack
from tests.waits import wait_until
from webapp.config.var import HOME
from webapp.operations.processes import dies_with_parent

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def main_machine(live_root: Path, prepared_data: Path) -> Iterator[Stack]:
    stack = Stack(Path(tempfile.mkdtemp(dir=live_root)) / "var", data=prepared_data)
    try:
        yield stack.start()
        stack.end()
    finally:
        stack.clear()


def elsewhere(main: Stack, root: Path, store: Path) -> dict[str, str]:
    """The environment of a worker that knows the main machine by its addresses alone."""
    sockets = main.var / "run" / "s"
    password = {
        name: (main.var / "secrets" / f"{name}-password").read_text().strip()
        for name in ("postgres", "redis")
    }
    return {
        **{name: value for name, value in main.environment.items() if name != "EVOSCOPE_ADMIN_PASSWORD"},
        "EVOSCOPE_VAR": str(Path(tempfile.mkdtemp(dir=root)) / "var"),
        "EVOSCOPE_STORE": str(store),
        "DATABASE_URL": f"postgresql://evoscope:{password['postgres']}@/evoscope?host={quote(str(sockets))}",
        "REDIS_URL": f"unix://:{password['redis']}@{sockets}/redis.sock?db=0",
    }


def test_it_says_what_it_has_and_takes_its_place(main_machine: Stack, live_root: Path) -> None:
    environment = elsewhere(main_machine, live_root, main_machine.var / "artifacts")
    said = Path(environment["EVOSCOPE_VAR"]).parent / "said"
    with said.open("wb") as out:
        worker = subprocess.Popen(
            [sys.executable, str(HOME / "manage.py"), "worker", "--slots", "1"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=dies_with_parent(),
        )
    try:
        wait_until(
            lambda: main_machine.rows(
                "SELECT 1 FROM searches_worker WHERE name LIKE %s", f"%-{worker.pid}-slot-1@%"
            ),
            60,
            "the worker's row",
        )
        words = said.read_text()
        assert "1 slot" in words
        assert "GiB of memory" in words
        assert "code 0." in words
        assert not (Path(environment["EVOSCOPE_VAR"]) / "postgres").exists()
        worker.terminate()
        assert worker.wait(30) == 0
    finally:
        worker.kill()
        worker.wait()


@pytest.mark.parametrize("content", [None, "the mark of another database\n"])
def test_a_store_of_another_database_is_refused(
    main_machine: Stack, live_root: Path, content: str | None
) -> None:
    store = Path(tempfile.mkdtemp(dir=live_root))
    if content:
        (store / "canary").write_text(content)
    done = subprocess.run(
        [sys.executable, str(HOME / "manage.py"), "worker", "--slots", "1"],
        env=elsewhere(main_machine, live_root, store),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "is not the store of this database" in done.stdout
    assert "EVOSCOPE_STORE" in done.stdout


def test_a_database_that_does_not_answer_is_named(new_stack: Callable[..., Stack]) -> None:
    stack = new_stack(
        DATABASE_URL="postgresql://someone:secret-word@127.0.0.1:9/evoscope",
        REDIS_URL="redis://127.0.0.1:9/0",
    )
    done = stack.manage("worker", "--slots", "1")
    assert done.returncode == 1
    assert "DATABASE_URL does not answer" in done.stdout
    assert "secret-word" not in done.stdout + done.stderr
