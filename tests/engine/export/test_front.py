"""A front exported: every network by itself, and one chosen by what it may cost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from searchengine.export.bundle import Bundle, write_bundle
from searchengine.export.spec import ExportRefused, ExportSpec
from tests.engine.export.specs import chain_spec

WORTH = (0.7, 0.95, 0.8)


def front_spec(folder: Path) -> dict:
    spec = chain_spec(folder, members=3, kind="front")
    for member, worth in zip(spec["members"], WORTH, strict=True):
        member["metrics"]["fitness"] = worth
    return spec


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("front")
    return write_bundle(ExportSpec.from_json(front_spec(folder)), folder / "export")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def entries(front: Bundle) -> list[dict]:
    return json.loads((front.folder / "front.json").read_text())["networks"]


def test_every_check_holds_and_the_choice_is_one_of_them(front: Bundle) -> None:
    assert [check for check in front.checks if not check.passed] == []
    names = {check.name for check in front.checks}
    assert {"the front offers what fits", "front.py runs alone", "members/2/model.py runs alone"} <= names
    assert "ensemble.py" not in front.files


def test_members_go_from_cheap_to_dear_and_keep_their_own_worth(front: Bundle) -> None:
    found = entries(front)
    assert [one["folder"] for one in found] == ["members/0", "members/1", "members/2"]
    assert [one["macs"] for one in found] == sorted(one["macs"] for one in found)
    assert {one["birth"]: one["value"] for one in found} == dict(zip((4, 5, 6), WORTH, strict=True))
    for one in found:
        written = json.loads((front.folder / one["folder"] / "genome.json").read_text())
        assert (written["birth"], written["flops"], written["parameters"]) == (
            one["birth"], one["macs"], one["parameters"],
        )  # fmt: skip


def test_the_most_accurate_within_a_limit_classifies(front: Bundle, tmp_path: Path) -> None:
    found = entries(front)
    sample = tmp_path / "sample.npy"
    np.save(sample, np.random.default_rng(0).integers(0, 256, (1, 8, 8), dtype=np.uint8))

    def told(*limits: str) -> list:
        ended = run(tmp_path, str(front.folder / "predict.py"), str(sample), "--json", *limits)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)["probabilities"]

    def alone(entry: dict) -> list:
        code = (
            "import sys, json, importlib.util; sys.argv = ['', sys.argv[1]];"
            "spec = importlib.util.spec_from_file_location('predict', sys.argv[1]); p ="
            " importlib.util.module_from_spec(spec); spec.loader.exec_module(p);"
            f"p.network_module = lambda: p.importlib.util and m; import types; f = {str(front.folder)!r};"
            f"s = importlib.util.spec_from_file_location('m', f + '/{entry['folder']}/model.py');"
            "m = importlib.util.module_from_spec(s); s.loader.exec_module(m);"
            f"p.main([{str(sample)!r}, '--json'])"
        )
        ended = run(tmp_path, "-c", code, str(front.folder / "predict.py"))
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)["probabilities"]

    best = max(found, key=lambda one: one["value"])
    cheapest = found[0]
    assert told() == alone(best)
    assert told("--most-macs", str(cheapest["macs"])) == alone(cheapest)
    fewest = min(found, key=lambda one: one["parameters"])
    assert told("--most-parameters", str(fewest["parameters"])) == alone(fewest)


def test_a_limit_that_nothing_meets_is_refused_with_what_there_is(front: Bundle, tmp_path: Path) -> None:
    sample = tmp_path / "sample.npy"
    np.save(sample, np.zeros((1, 8, 8), dtype=np.uint8))
    for command in (["front.py"], ["predict.py", str(sample)]):
        ended = run(front.folder, *command, "--most-macs", "1")
        assert ended.returncode == 2
        assert f"the smallest have {entries(front)[0]['macs']:,} multiply-adds" in ended.stderr
    ended = run(front.folder, "front.py", "--most")
    assert ended.returncode == 2
    assert "expected --most-macs N" in ended.stderr


def test_limits_mean_nothing_for_one_network(tmp_path: Path) -> None:
    export = write_bundle(ExportSpec.from_json(chain_spec(tmp_path)), tmp_path / "export")
    ended = run(export.folder, "predict.py", "x.npy", "--most-macs", "5")
    assert ended.returncode == 2
    assert "chooses from a front" in ended.stderr


def test_a_member_without_worth_is_refused(tmp_path: Path) -> None:
    spec = front_spec(tmp_path)
    del spec["members"][1]["metrics"]["fitness"]
    with pytest.raises(ExportRefused, match=r"members\.1\.metrics: a front is chosen from by fitness"):
        write_bundle(ExportSpec.from_json(spec), tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_the_card_says_how_to_choose(front: Bundle) -> None:
    card = (front.folder / "MODEL_CARD.md").read_text()
    assert card.startswith("# A front of 3 networks")
    assert "--most-macs" in card
