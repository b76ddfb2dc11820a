"""Prepared digits, and a whole run to compare with."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchengine.core.setting import DataSummary
from searchengine.data.prepare import prepare
from searchengine.driver import Plan, make_plan
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun


@pytest.fixture(scope="session")
def data_root(built_in_root: Path) -> Path:
    return built_in_root


@pytest.fixture(scope="session")
def digits(data_root: Path) -> DataSummary:
    return prepare("digits", data_root).summary


@pytest.fixture(scope="session")
def small_plan(digits: DataSummary) -> Plan:
    """Ageing evolution of ten chains of twenty steps: about a tenth of a second each."""
    values = {
        "evaluations": 10,
        "population": 4,
        "sample_size": 2,
        "finalists": 2,
        "space_params": {"steps": 20, "final_steps": 30, "most_blocks": 2},
    }
    return make_plan("regularized_evolution", digits, seed=2, values=values, window=3)


@pytest.fixture(scope="session")
def left_alone(small_plan: Plan, data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that run with one worker, never interrupted."""
    path = tmp_path_factory.mktemp("alone") / "run"
    folder = RunFolder.create(path, small_plan, preset=None, workers=1, control=False)
    LocalRun(folder, workers=1, data_root=data_root).run()
    folder.close()
    return path
