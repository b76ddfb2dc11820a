"""Candidates that kill, hang, diverge or meet a bug, in real processes: none of them stops a search."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import searchengine.testing.example
from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.driver import make_plan
from searchengine.driver.files import read_lines
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun, RunBroken

EXAMPLE = Path(searchengine.testing.example.__file__).parent

# What its jobs do, by number: 0 is killed in every attempt, 1 hangs, 2 diverges, 3 is killed once and then
# trains, the rest trains.
MISCHIEF = """
import os, signal
from pathlib import Path

from searchengine.core.errors import BadGenome
from searchengine.training.context import Context, JobKind, Output

from .training import train as properly


def train(context: Context) -> Output:
    number = context.job.number
    if number == 0 or (number == 3 and first_time()):
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 1:
        while True:
            signal.pause()
    if number == 2:
        raise BadGenome("diverged", "the loss grew beyond all bounds")
    return properly(context)


def first_time() -> bool:
    mark = Path(__file__).parent / "killed once"
    if mark.exists():
        return False
    mark.touch()
    return True


JOB_KINDS: dict[str, JobKind] = {"train": train}
"""


@pytest.fixture
def mischief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "methods" / "hill_climbing"
    shutil.copytree(EXAMPLE / "hill_climbing", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "evaluate.py").rename(folder / "training.py")
    (folder / "evaluate.py").write_text(MISCHIEF)
    monkeypatch.setenv("EVOSCOPE_METHODS_PATH", str(folder.parent))


def _records(path: Path) -> list[Json]:
    return list(read_lines(path / "lineage.jsonl"))


@pytest.mark.usefixtures("mischief")
def test_each_failure_is_recorded_with_its_class_and_the_search_ends(
    digits: DataSummary, data_root: Path, tmp_path: Path
) -> None:
    plan = make_plan("hill_climbing", digits, seed=1, values={"evaluations": 5, "widest": 64}, window=4)
    folder = RunFolder.create(tmp_path / "run", plan, preset=None, workers=2, control=False)
    LocalRun(folder, workers=2, data_root=data_root, hang_seconds=4.0).run()
    folder.close()
    assert folder.finished
    failures = [record["evaluations"][0]["failure"] for record in _records(tmp_path / "run")]
    assert [(one["kind"], one["code"]) if one else None for one in failures] == [
        ("lost", "signal"),
        ("bad_genome", "over_deadline"),
        ("bad_genome", "diverged"),
        None,
        None,
    ]
    assert "5 times" in failures[0]["reason"]
    ends = [row["payload"] for row in read_lines(tmp_path / "run" / "events.jsonl") if row["kind"] == "ended"]
    lost = [end["job"] for end in ends if end["state"] == "lost"]
    assert sorted(lost) == [0, 0, 0, 0, 0, 1, 1, 3]
    assert folder.outcome is not None


def test_a_training_environment_that_does_not_start_breaks_the_run_with_its_words(
    digits: DataSummary, data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no torch on this machine')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    plan = make_plan("random_search", digits, seed=1, values={"evaluations": 2})
    folder = RunFolder.create(tmp_path / "run", plan, preset=None, workers=1, control=False)
    with pytest.raises(RunBroken, match="no torch on this machine"):
        LocalRun(folder, workers=1, data_root=data_root).run()
    folder.close()
    assert sorted(RunFolder(tmp_path / "run", read_only=True).pending) == [0, 1]
