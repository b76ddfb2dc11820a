"""A script runs the demo from nothing to a checked export with one command."""

import json
import zipfile
from collections.abc import Callable

import pytest

from tests.live.stack import Stack

pytestmark = pytest.mark.live


@pytest.mark.timeout(900)
def test_the_demo_ends_by_itself_with_a_checked_export(new_stack: Callable[..., Stack]) -> None:
    stack = new_stack(slots=2)
    done = stack.manage(
        *("up", "--port", "0", "--demo", "random_search", "--until-done", "--json"), seconds=800
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["address"].startswith("http://127.0.0.1:")
    assert said["run"].startswith(said["address"])
    assert said["state"] == "finished"
    assert 0 < said["best_fitness"] <= 1
    with zipfile.ZipFile(said["export"]) as export:
        assert export.testzip() is None
        assert any(name.endswith(".safetensors") for name in export.namelist())
    assert "30 of 30 evaluations" in done.stderr
    assert stack.processes() == []


def test_an_unknown_method_is_refused_with_the_known_ones(new_stack: Callable[..., Stack]) -> None:
    done = new_stack().manage("up", "--demo", "no-such-method")
    assert done.returncode == 2
    assert "random_search" in done.stdout


def test_until_done_without_a_demo_is_refused(new_stack: Callable[..., Stack]) -> None:
    done = new_stack().manage("up", "--until-done")
    assert done.returncode == 2
    assert "--demo" in done.stderr
