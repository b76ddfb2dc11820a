"""A front exported: every network by itself, and one chosen by what it may cost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from searchengine.export.bundle import Bundle, write_bundle
from searchengine.export.spec import ExportRefused, ExportSpec
from tests.engine.export.specs import chain_spec
from tests.engine.export.written import module_at

WORTH = (0.7, 0.95, 0.8)
"""Of the networks from the cheapest to the dearest: the dearest is not worth its cost."""
LATENCY = (0.9, 0.4, 0.7)
"""Of the same, in ms: multiply-adds and time are in no common order."""


def front_spec(folder: Path) -> dict:
    spec = chain_spec(folder, members=3, kind="front")
    parsed = ExportSpec.from_json(spec)
    by_cost = sorted(range(3), key=lambda number: parsed.architecture(parsed.members[number]).macs)
    for number, worth in zip(by_cost, WORTH, strict=True):
        spec["members"][number]["metrics"]["fitness"] = worth
    for number, latency in zip(by_cost, LATENCY, strict=True):
        spec["members"][number]["latency_ms"] = latency
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
    assert [one["value"] for one in found] == list(WORTH)
    assert [one["latency_ms"] for one in found] == list(LATENCY)
    assert [one["birth"] for one in found] != [4, 5, 6], "the members came in another order"
    for one in found:
        written = json.loads((front.folder / one["folder"] / "genome.json").read_text())
        assert (written["birth"], written["flops"], written["parameters"]) == (
            one["birth"], one["macs"], one["parameters"],
        )  # fmt: skip


def test_the_most_accurate_within_a_limit_classifies(front: Bundle, tmp_path: Path) -> None:
    found = entries(front)
    sample = tmp_path / "sample.npy"
    np.save(sample, np.random.default_rng(0).integers(0, 256, (1, 8, 8), dtype=np.uint8))

    def told(*limits: str) -> dict:
        ended = run(tmp_path, str(front.folder / "predict.py"), str(sample), "--json", *limits)
        assert ended.returncode == 0, ended.stderr
        rows = json.loads(ended.stdout)["probabilities"]
        return {row["class"]: row["probability"] for row in rows}

    predict = module_at(front.folder / "predict.py")
    how = predict.read_json("preprocessing.json")
    classes = predict.read_json("classes.json")
    batch = predict.network_inputs(predict.read(sample, how), how)

    def alone(entry: dict) -> dict:
        with torch.no_grad():
            logits = module_at(front.folder / entry["folder"] / "model.py").load()(*batch)
        return dict(zip(classes, torch.softmax(logits, dim=1)[0].tolist(), strict=True))

    best = max(found, key=lambda one: one["value"])
    cheapest = found[0]
    assert alone(best) != pytest.approx(alone(cheapest))
    assert told() == pytest.approx(alone(best))
    assert told("--most-macs", str(found[-1]["macs"])) == pytest.approx(alone(best))
    assert told("--most-macs", str(cheapest["macs"])) == pytest.approx(alone(cheapest))
    fewest = min(found, key=lambda one: one["parameters"])
    assert told("--most-parameters", str(fewest["parameters"])) == pytest.approx(alone(fewest))
    fastest = min(found, key=lambda one: one["latency_ms"])
    assert fastest is not cheapest
    assert told("--most-latency", "0.5") == pytest.approx(alone(fastest))


def test_a_limit_that_nothing_meets_is_refused_with_what_there_is(front: Bundle, tmp_path: Path) -> None:
    sample = tmp_path / "sample.npy"
    np.save(sample, np.zeros((1, 8, 8), dtype=np.uint8))
    for command in (["front.py"], ["predict.py", str(sample)]):
        ended = run(front.folder, *command, "--most-macs", "1")
        assert ended.returncode == 2
        assert f"the least of each is {entries(front)[0]['macs']:,} multiply-adds" in ended.stderr
        assert "0.4 ms" in ended.stderr
    ended = run(front.folder, "front.py", "--most")
    assert ended.returncode == 2
    assert "expected --most-macs N" in ended.stderr


def test_a_front_without_latencies_refuses_a_limit_in_ms(front: Bundle) -> None:
    untimed = module_at(front.folder / "front.py")
    for entry in untimed.FRONT["networks"]:
        del entry["latency_ms"]
    with pytest.raises(ValueError, match="the latency of these networks is not known"):
        untimed.choose(most_latency=1.0)
    assert untimed.choose(most_macs=1e12)["value"] == max(WORTH)


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
