"""A child is started again with a growing wait, ends when asked, and never outlives its parent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.waits import wait_until
from webapp.config.var import HOME
from webapp.operations.launcher.child import LONGEST_WAIT, SHORTEST_WAIT, Child, ending

PARENT = """
import subprocess, sys
from webapp.operations.processes import dies_with_parent
child = subprocess.Popen(["sleep", "600"], start_new_session=True, preexec_fn=dies_with_parent())
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_death_is_told_with_its_cause_and_the_wait_grows(tmp_path: Path) -> None:
    child = Child("role", ["version"], tmp_path / "role.log")
    waits = []
    for _ in range(3):
        child.due = 0.0
        assert child.watch() is None
        assert child.process is not None
        child.process.wait(30)
        said = child.watch()
        assert said is not None
        assert said.startswith("role ended with code 0")
        waits.append(child.wait)
    assert waits == [SHORTEST_WAIT * 2, SHORTEST_WAIT * 4, SHORTEST_WAIT * 8]
    child.wait = LONGEST_WAIT
    child.due = 0.0
    child.watch()
    assert child.process is not None
    child.process.wait(30)
    child.watch()
    assert child.wait == LONGEST_WAIT


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "ended with code 0"), (-9, "was ended by SIGKILL"), (-1000, "was ended by signal 1000")],
)
def test_an_exit_code_is_said_in_words(code: int, words: str) -> None:
    assert ending(code) == words


def test_a_child_that_ignores_the_request_is_killed_at_the_deadline(tmp_path: Path) -> None:
    child = Child("role", ["shell"], tmp_path / "role.log")
    child.process = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(15, 1); print(1, flush=True); signal.pause()"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert child.process.stdout is not None
    assert child.process.stdout.readline() == b"1\n"
    child.ask_to_end()
    assert child.end_by(0.0) is False
    assert child.process.returncode == -signal.SIGKILL


def test_the_kernel_ends_a_child_whose_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not psutil.pid_exists(pid), 10, "the orphan to be ended")
