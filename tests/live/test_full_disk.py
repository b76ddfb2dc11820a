"""A store whose disk is full to the last byte: the run waits, says why, and goes on by itself afterwards."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.live.audit import audit, history
from tests.live.stack import Stack
from tests.live.visitor import PROBES, Visitor
from tests.waits import wait_until

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk small enough to be filled"),
]

LENGTH: dict[str, Any] = {"evaluations": 8, "spins": True, "seconds": 1.0, "steps": 20}


@pytest.fixture
def small_disk(live_root: Path) -> Iterator[Path]:
    """A file system of its own, of 16 MiB."""
    place = Path(tempfile.mkdtemp(dir=live_root))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "evoscope-test", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes every byte there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def test_a_run_waits_while_the_disk_is_full_and_then_goes_on(
    small_disk: Path, new_stack: Callable[..., Stack]
) -> None:
    stack = new_stack(
        EVOSCOPE_METHODS_PATH=PROBES,
        EVOSCOPE_STORE=str(small_disk),
        EVOSCOPE_CHECKPOINT_SECONDS="0.2",
        EVOSCOPE_PAUSE_SECONDS="0.3",
    ).start()
    visitor = Visitor(stack)
    alone = visitor.launch(**LENGTH)
    visitor.finished(alone)
    run_id = visitor.launch(**LENGTH)
    visitor.until(run_id, lambda run: run["evaluations_done"] >= 2, 60, "two evaluations to be told")
    filler = fill(small_disk)
    assert os.statvfs(small_disk).f_bavail == 0
    visitor.until(run_id, lambda run: run["state"] == "paused", 10, "the run to pause")
    wait_until(
        lambda: not stack.rows("SELECT 1 FROM searches_evaluation WHERE state = 'leased'"), 10, "work to stop"
    )
    ((said,),) = stack.rows(
        "SELECT payload FROM searches_event WHERE run_id = %s AND kind = 'state' ORDER BY seq DESC LIMIT 1",
        run_id,
    )
    assert "disk" in said
    assert "when there is space" in said
    assert stack.healthy(), "pages work while the disk is full"
    filler.unlink()
    visitor.finished(run_id)
    assert history(stack, run_id) == history(stack, alone)
    assert stack.rows("SELECT max(lost) FROM searches_evaluation WHERE run_id = %s", run_id) == [(0,)]
    audit(stack, run_id)
    stack.end()
