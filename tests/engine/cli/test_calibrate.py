"""Timing recipes from the command line, and runs that go by what was timed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import searchengine
from searchengine.core.jsontext import Json, loads
from searchengine.training.recipe import CALIBRATION_FILE

ROOT = Path(searchengine.__file__).resolve().parents[1]
SHORT = (
    "--set", "evaluations=1", "--set", "finalists=1",
    "--set", 'space_params={"steps":2,"final_steps":2}',
)  # fmt: skip


@pytest.fixture
def evoscope(tmp_path: Path):
    """``python -m searchengine`` in a folder of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        place = {"PYTHONPATH": str(ROOT), "EVOSCOPE_VAR": str(tmp_path / "var")}
        return subprocess.run(
            [sys.executable, "-m", "searchengine", *arguments],
            cwd=tmp_path, env={**os.environ, **place}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def _recipe(folder: Path) -> Json:
    return loads((folder / "plan.json").read_text())["plan"]["recipe"]


def test_a_long_preset_is_timed_at_first_use_and_the_demo_never(evoscope, tmp_path):
    demo = evoscope("run", "random_search", "--data", "digits", *SHORT, "--out", "demo")
    assert demo.returncode == 0, demo.stderr
    assert _recipe(tmp_path / "demo")["precision"] == "float32"
    stored = tmp_path / "var" / CALIBRATION_FILE
    assert not stored.exists()

    long = ("run", "random_search", "--data", "digits", "--preset", "overnight", *SHORT)
    done = evoscope(*long, "--out", "first")
    assert done.returncode == 0, done.stderr
    assert "timing recipes on this machine" in done.stderr
    (timed,) = [size for device in loads(stored.read_text()).values() for size in device.values()]
    assert _recipe(tmp_path / "first") == timed["recipe"]

    named = evoscope(*long, "--recipe", "bf16", "--out", "named")
    assert named.returncode == 0, named.stderr
    assert "timing" not in named.stderr
    assert _recipe(tmp_path / "named")["precision"] == "bf16"

    asked = evoscope("calibrate", "digits", "--json")
    assert asked.returncode == 0, asked.stderr
    assert loads(asked.stdout)["recipe"] == timed["recipe"]
    assert "images 8" in evoscope("calibrate").stdout


def test_timing_without_data_is_refused_in_words(evoscope):
    assert "prepare one" in evoscope("calibrate").stderr
    assert "no prepared data set 'x'" in evoscope("calibrate", "x").stderr
