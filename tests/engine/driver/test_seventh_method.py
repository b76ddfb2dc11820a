"""A method in a folder of its own, outside the project, is a method like any other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import searchengine.testing.example
from searchengine import catalogue
from searchengine.core.errors import BadRegistration
from searchengine.core.jsontext import loads
from searchengine.core.setting import DataSummary
from searchengine.driver import control_plan, make_plan
from searchengine.driver.folder import RunFolder
from searchengine.driver.local import LocalRun
from searchengine.testing.contract import MethodContract

EXAMPLE = Path(searchengine.testing.example.__file__).parent
ROOT = Path(searchengine.__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def methods_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("methods")
    shutil.copytree(
        EXAMPLE / "hill_climbing", folder / "hill_climbing", ignore=shutil.ignore_patterns("__pycache__")
    )
    before = os.environ.get("EVOSCOPE_METHODS_PATH")
    os.environ["EVOSCOPE_METHODS_PATH"] = str(folder)
    yield folder
    if before is None:
        del os.environ["EVOSCOPE_METHODS_PATH"]
    else:
        os.environ["EVOSCOPE_METHODS_PATH"] = before


@pytest.mark.usefixtures("methods_path")
class TestSeventhMethod(MethodContract):
    """It passes the contract of every method."""

    @pytest.fixture(scope="class")
    def slug(self) -> str:
        return "hill_climbing"


def test_it_is_found_beside_the_project_s_own(methods_path: Path) -> None:
    found = catalogue.methods()
    assert {"hill_climbing", "random_search", "regularized_evolution"} <= set(found)
    assert "hill_climbing" in catalogue.spaces()
    assert catalogue.evaluators("hill_climbing") == "searchengine.methods.hill_climbing.evaluate"


def test_it_is_gone_when_its_folder_is_no_longer_named(
    methods_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVOSCOPE_METHODS_PATH")
    assert "hill_climbing" not in catalogue.methods()


def test_it_trains_in_real_processes_and_so_does_its_control(
    methods_path: Path, digits: DataSummary, data_root: Path, tmp_path: Path
) -> None:
    plan = make_plan("hill_climbing", digits, seed=3, values={"evaluations": 4})
    for name, one in (("run", plan), ("control", control_plan(plan))):
        folder = RunFolder.create(tmp_path / name, one, preset=None, workers=1, control=False)
        LocalRun(folder, workers=1, data_root=data_root).run()
        assert folder.finished
        assert folder.outcome is not None
        assert folder.job(0).evaluator == "hill_climbing"
        folder.close()


def test_the_command_line_lists_it(methods_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "searchengine", "methods", "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = {method["slug"]: method for method in loads(done.stdout)["methods"]}
    assert found["hill_climbing"]["control"] == "random_search"


def _copy(methods_path: Path, folder: Path, *, old: str = "", new: str = "") -> None:
    shutil.copytree(
        methods_path / "hill_climbing", folder / "climbing", ignore=shutil.ignore_patterns("__pycache__")
    )
    spec = folder / "climbing" / "spec.py"
    spec.write_text(spec.read_text().replace(old, new) if old else spec.read_text())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", "folder and slug must be the same word"),
        ("METHOD = Method(", "OTHER = Method(", "must bind METHOD"),
        ('slug="hill_climbing"', 'slug="climbing", no_such_field=1', "no_such_field"),
        ("from .search import HillClimbing", "from .seerch import HillClimbing", "cannot be imported"),
        ('slug="hill_climbing"', 'slug="climbing", control="nobody"', "names the control 'nobody'"),
        ('"evaluations": 2000', '"evaluations": 0', "preset 'overnight'"),
    ],
)
def test_a_bad_registration_is_refused_in_words(
    methods_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    if old and "slug" not in old:
        _copy(methods_path, tmp_path)
        spec = tmp_path / "climbing" / "spec.py"
        spec.write_text(spec.read_text().replace('slug="hill_climbing"', 'slug="climbing"').replace(old, new))
    else:
        _copy(methods_path, tmp_path, old=old, new=new)
    monkeypatch.setenv("EVOSCOPE_METHODS_PATH", str(tmp_path))
    with pytest.raises(BadRegistration, match=message):
        catalogue.methods()


def test_a_slug_that_stands_twice_is_refused(
    methods_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVOSCOPE_METHODS_PATH", os.pathsep.join([str(methods_path), str(EXAMPLE)]))
    with pytest.raises(BadRegistration, match="two folders claim the slug 'hill_climbing'"):
        catalogue.methods()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOSCOPE_METHODS_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(BadRegistration, match="which is no folder"):
        catalogue.methods()
