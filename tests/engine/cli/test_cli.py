"""The command line as a person uses it: in another process, from another folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import searchengine.testing.example
from searchengine.cli import REFUSED, main
from searchengine.cli.run import settings
from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import loads

ROOT = Path(searchengine.__file__).resolve().parents[1]
EXAMPLE = Path(searchengine.testing.example.__file__).parent
SMALL = (
    "--set",
    "evaluations=4",
    "--set",
    "finalists=1",
    "--set",
    'space_params={"steps":10,"final_steps":15}',
)


class Evoscope:
    """``python -m searchengine`` in a working folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "searchengine", *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "EVOSCOPE_VAR": str(self.folder / "var"),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def evoscope(tmp_path_factory: pytest.TempPathFactory) -> Evoscope:
    return Evoscope(tmp_path_factory.mktemp("home of a person"))


@pytest.fixture(scope="module")
def run(evoscope: Evoscope) -> Path:
    """A small run with its control."""
    done = evoscope(
        "run",
        "regularized_evolution",
        "--data",
        "digits",
        *SMALL,
        "--set",
        "population=3",
        "--set",
        "sample_size=2",
        "--seed",
        "5",
        "--workers",
        "2",
        "--out",
        "first",
        "--control",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    assert loads(done.stdout) == loads((evoscope.folder / "first" / "summary.json").read_text())
    return evoscope.folder / "first"


def test_a_run_writes_the_files_it_promises(run: Path) -> None:
    for name in ("plan.json", "summary.json", "lineage.jsonl", "state.json", "events.jsonl", "results.jsonl"):
        assert (run / name).is_file(), name
    found = loads((run / "summary.json").read_text())
    assert (found["method"], found["seed"], found["evaluations"]) == ("regularized_evolution", 5, 4)
    assert found["params"]["population"] == 3
    assert found["recipe"]["precision"] == "float32"
    assert found["data"]["slug"] == "digits"
    assert set(found["best"]) >= {"genome", "fitness", "parameters", "flops"}
    assert found["result"]["kind"] == "network"
    control = found["control"]
    assert control["method"] == "random_search"
    assert control["cost"] >= found["cost"]
    assert len((run / "lineage.jsonl").read_text().splitlines()) == 4


def test_progress_is_written_to_standard_error_alone(evoscope: Evoscope) -> None:
    done = evoscope(
        "run", "random_search", "--data", "digits", *SMALL, "--seconds", "0.001", "--out", "short"
    )
    assert done.returncode == 0, done.stderr
    assert "evaluations" in done.stderr
    assert "best network #" in done.stdout
    assert loads((evoscope.folder / "short" / "summary.json").read_text())["stopped_by"] == "stopped"


def test_resuming_a_finished_run_tells_the_same_again(evoscope: Evoscope, run: Path) -> None:
    before = (run / "lineage.jsonl").read_text()
    done = evoscope("resume", "first", "--json")
    assert done.returncode == 0, done.stderr
    found = loads(done.stdout)
    assert found["finished"]
    assert found["control"]["finished"]
    assert (run / "lineage.jsonl").read_text() == before


def test_a_genome_is_shown_as_a_network(evoscope: Evoscope, run: Path) -> None:
    line = (run / "lineage.jsonl").read_text().splitlines()[0]
    (evoscope.folder / "genome.json").write_text(line)
    text = evoscope("show", "genome.json")
    assert text.returncode == 0, text.stderr
    record = loads(line)
    assert (
        f"{record['parameters']:,} parameters, {record['flops']:,} multiply-adds"
        in text.stdout.splitlines()[-1]
    )
    as_json = loads(evoscope("show", "genome.json", "--data", "digits", "--json").stdout)
    assert (as_json["key"], as_json["parameters"], as_json["flops"]) == (
        record["key"],
        record["parameters"],
        record["flops"],
    )


def test_an_export_is_written_and_checked(evoscope: Evoscope, run: Path) -> None:
    done = evoscope("export", "first", "--best", "--to", "taken away", "--json")
    assert done.returncode == 0, done.stderr
    assert loads(done.stdout.splitlines()[-1])["ok"]
    lineage = json.loads((evoscope.folder / "taken away" / "lineage.json").read_text())
    best = loads((run / "summary.json").read_text())["best"]
    assert best["birth"] in [record["number"] for record in lineage]


def test_a_person_s_looks_at_the_test_part_are_counted(evoscope: Evoscope, run: Path) -> None:
    first = evoscope("judge", "first", "--json")
    assert first.returncode == 0, first.stderr
    found = loads(first.stdout)
    assert found["look"] == 1
    assert found["samples"] == 359  # a fifth of 1,797
    second = evoscope("judge", "first", "--best")
    assert f"test accuracy {found['metrics']['accuracy']:.4f}, 95 % interval" in second.stdout
    assert "look 2 of this run" in second.stdout
    assert len((run / "test_looks.jsonl").read_text().splitlines()) == 2


def test_methods_are_listed_with_presets_and_parameters(evoscope: Evoscope) -> None:
    found = loads(evoscope("methods", "--json").stdout)
    by_slug = {method["slug"]: method for method in found["methods"]}
    evolution = by_slug["regularized_evolution"]
    assert set(evolution["presets"]) >= {"demo", "overnight", "paper"}
    sample = next(view for view in evolution["params"] if view["name"] == "sample_size")
    assert (sample["kind"], sample["low"], sample["paper"]) == ("integer", 1, "25")
    assert [space["slug"] for space in found["spaces"]] == ["chain"]
    assert "regularized_evolution" in evoscope("methods").stdout


def test_claims_are_measured_kept_and_judged(evoscope: Evoscope, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "hill_climbing", tmp_path / "hill_climbing")
    arguments = (
        "claims",
        "hill_climbing",
        "--seeds",
        "1",
        "--workers",
        "2",
        "--out",
        str(tmp_path / "measured"),
    )
    done = evoscope(*arguments, EVOSCOPE_METHODS_PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "hill climbing, seed 0" in done.stdout
    assert "is not reproduced at this scale" in done.stdout
    kept = sorted(path.relative_to(tmp_path / "measured") for path in tmp_path.rglob("0.json"))
    assert [str(path) for path in kept] == [
        "beats-random/hill_climbing/0.json",
        "beats-random/random_search/0.json",
    ]
    again = evoscope(*arguments, "--json", EVOSCOPE_METHODS_PATH=str(tmp_path))
    assert loads(again.stdout)["outcome"] == "not reproduced"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nobody", "--data", "digits", "--out", "x"), "there is no method 'nobody'"),
        (("run", "random_search", "--data", "nothing", "--out", "x"), "no built-in data set"),
        (
            ("run", "random_search", "--data", "digits", "--preset", "huge", "--out", "x"),
            "has no preset 'huge'",
        ),
        (
            ("run", "random_search", "--data", "digits", "--set", "evaluations", "--out", "x"),
            "expected KEY=VALUE",
        ),
        (
            ("run", "random_search", "--data", "digits", "--set", "evaluations=0", "--out", "x"),
            "evaluations: expected",
        ),
        (("run", "random_search", "--data", "digits", "--window", "0", "--out", "x"), "window: expected"),
        (
            ("run", "random_search", "--data", "digits", "--recipe", "float64", "--out", "x"),
            "recipe: expected",
        ),
        (("run", "random_search", "--data", "digits", "--workers", "0", "--out", "x"), "workers: expected"),
        (
            ("run", "random_search", "--data", "digits", "--evaluations", "0", "--out", "x"),
            "evaluations: expected",
        ),
        (("run", "random_search", "--data", "digits", "--control", "--out", "x"), "is a control itself"),
        (("resume", "nowhere"), "holds no run"),
        (("show", "nowhere.json"), "holds no JSON genome"),
        (("export", "nowhere", "--to", "x"), "holds no run"),
        (("judge", "nowhere"), "holds no run"),
        (("claims", "random_search"), "registers no claims"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words_and_leaves_nothing(
    evoscope: Evoscope,
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(evoscope.folder)
    monkeypatch.setenv("EVOSCOPE_VAR", str(evoscope.folder / "var"))
    assert main(arguments) == REFUSED
    assert message in capsys.readouterr().err
    assert not (evoscope.folder / "x").exists()


def test_values_are_json_where_they_are_json_and_text_elsewhere() -> None:
    assert settings(["a=3", "b=0.5", "c=true", "d=[1,2]", "e=plain words", "f="]) == {
        "a": 3,
        "b": 0.5,
        "c": True,
        "d": [1, 2],
        "e": "plain words",
        "f": "",
    }
    with pytest.raises(InvalidParams, match="stands twice"):
        settings(["a=1", "a=2"])
    with pytest.raises(InvalidParams, match="expected KEY=VALUE"):
        settings(["=1"])
