"""A whole export, written and checked as a user gets it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from searchengine.export.bundle import write_bundle, zip_folder
from searchengine.export.check import check_bundle, sample_bytes, write_expected
from searchengine.export.spec import ExportRefused, ExportSpec

from .specs import chain_spec, images

HOSTILE = (
    '"""',
    "\n\n__import__('os').system('false')",
    "{braces} %s",
    "\\",
    "`|# *",
    "Zoë 🦊 \u202e",
    "'",
    "<b>",
)


class Made(NamedTuple):
    """An export made by the command: its folder and files, what it said, and its zip."""

    folder: Path
    files: list[str]
    said: list[dict[str, Any]]
    packed: Path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("network")
    spec = chain_spec(folder, data=images(HOSTILE), run={"name": '"""; import os', "seed": 1})
    (folder / "spec.json").write_text(json.dumps(spec))
    out, packed = folder / "out" / "export", folder / "packed.zip"
    ended = command(str(folder / "spec.json"), "--to", str(out), "--zip", str(packed), "--json")
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    return Made(out, said[-1]["files"], said, packed)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "searchengine.export", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[3],
    )


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_every_check_of_an_export_holds(bundle: Made) -> None:
    last = bundle.said[-1]
    assert [check for check in last["checks"] if not check["passed"]] == []
    assert last["ok"]
    names = {check["name"] for check in last["checks"]}
    assert {
        "the source gives the engine's output",
        "ONNX gives the engine's output",
        "weights load strictly and parameters agree",
        "model.py runs alone",
        "predict.py runs alone",
        "this project was not needed",
        "the checksums hold",
    } <= names


def test_the_command_tells_how_far_it_is(bundle: Made) -> None:
    assert bundle.said[0] == {"progress": "writing networks", "done": 0, "of": 1}
    assert all(line["done"] <= line["of"] for line in bundle.said[:-1])


def test_the_command_refuses_in_words(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text("{not json")
    ended = command(str(tmp_path / "spec.json"), "--to", str(tmp_path / "out"), "--json")
    assert ended.returncode == 2
    assert "no readable JSON" in json.loads(ended.stdout)["error"]
    assert not (tmp_path / "out").exists()


def test_an_export_holds_what_it_takes_to_use_and_to_trust_it(bundle: Made) -> None:
    assert set(bundle.files) == {
        "MODEL_CARD.md", "SHA256SUMS", "checks.json", "classes.json", "genome.json", "lineage.json",
        "model.onnx", "model.py", "network.svg", "predict.py", "preprocessing.json",
        "recipe.json", "run.json", "weights.safetensors",
    }  # fmt: skip
    assert json.loads((bundle.folder / "classes.json").read_text()) == list(HOSTILE)
    assert json.loads((bundle.folder / "checks.json").read_text())["ok"]
    card = (bundle.folder / "MODEL_CARD.md").read_text()
    assert "Not reviewed" in card
    assert "numbers in ONNX" in card
    assert "The test part was not used" in card


def test_no_path_of_this_machine_is_in_any_file(bundle: Made) -> None:
    here = [
        str(Path(__file__).resolve().parents[3]).encode(),
        str(bundle.folder.parent).encode(),
        b"site-packages",
    ]
    for name in bundle.files:
        content = (bundle.folder / name).read_bytes()
        assert not any(path in content for path in here), name


def test_an_export_needs_torch_and_safetensors_alone(bundle: Made, tmp_path: Path) -> None:
    np.save(tmp_path / "sample.npy", np.zeros((2, 1, 8, 8), np.float32))
    code = (
        "import runpy, sys; sys.modules.update(dict.fromkeys(('numpy', 'PIL', 'av', 'onnx', 'sklearn')));"
        " sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    found = run("-c", code, str(bundle.folder / "predict.py"), "sample.npy", "--json", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    first, second = (json.loads(line) for line in found.stdout.splitlines())
    assert first["probabilities"] == second["probabilities"]


def test_predict_classifies_an_image_and_leaves_no_trace(bundle: Made, tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20).astype(np.uint8)).save(tmp_path / "p.png")
    found = run(str(bundle.folder / "predict.py"), str(tmp_path / "p.png"), "--json", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    rows = json.loads(found.stdout)["probabilities"]
    assert sum(row["probability"] for row in rows) == pytest.approx(1.0, abs=1e-5)
    assert {row["class"] for row in rows} == set(HOSTILE)
    assert not list(bundle.folder.rglob("__pycache__"))


def test_a_zip_of_an_export_is_the_same_every_time(bundle: Made, tmp_path: Path) -> None:
    zip_folder(bundle.folder, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == bundle.packed.read_bytes()
    with zipfile.ZipFile(bundle.packed) as packed:
        assert sorted(packed.namelist()) == sorted(f"export/{name}" for name in bundle.files)


def test_a_changed_file_fails_its_checks(bundle: Made, tmp_path: Path) -> None:
    from searchengine.export.preprocessing import preprocessing
    from searchengine.export.weights import trained_network

    copy = tmp_path / "copy"
    shutil.copytree(bundle.folder, copy)
    model = (copy / "model.py").read_text()
    (copy / "model.py").write_text(model.replace("x = self.linear(x)", "x = self.linear(x) + 0.5"))
    (copy / "predict.py").write_text("raise SystemExit(3)\n")
    spec = ExportSpec.from_json(chain_spec(tmp_path, data=images(HOSTILE)))
    architecture = spec.architecture(spec.members[0])
    network = trained_network(architecture, spec.members[0].weights)
    expected = write_expected(
        spec, [(architecture, network)], sample_bytes(spec.summary()), preprocessing(spec, architecture)
    )
    failed = {check.name for check in check_bundle(copy, expected, lambda *said: None) if not check.passed}
    assert failed == {
        "the checksums hold",
        "the source gives the engine's output",
        "predict.py runs alone",
        "predict.py gives the engine's class probabilities",
    }


def test_an_ensemble_averages_logits_and_runs_alone(tmp_path: Path) -> None:
    found = write_bundle(ExportSpec.from_json(chain_spec(tmp_path, members=2)), tmp_path / "export")
    assert [check for check in found.checks if not check.passed] == []
    assert {"ensemble.py", "members/0/model.py", "members/1/weights.safetensors"} <= set(found.files)
    assert "the ensemble gives the engine's output" in {check.name for check in found.checks}


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "thesis.txt").write_text("mine")
    with pytest.raises(ExportRefused, match="there already"):
        write_bundle(ExportSpec.from_json(chain_spec(tmp_path)), tmp_path / "there")
    assert (tmp_path / "there" / "thesis.txt").read_text() == "mine"


def test_weights_of_another_network_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    spec = chain_spec(tmp_path, members=2)
    other = {**spec["members"][0], "weights": spec["members"][1]["weights"]}
    with pytest.raises(ExportRefused, match="of another network"):
        write_bundle(
            ExportSpec.from_json({**spec, "kind": "network", "members": [other]}), tmp_path / "out" / "e"
        )
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "chain"}, "cannot be exported yet"),
        ({"kind": "banana"}, "kind: Input should be"),
        ({"members": []}, "no members"),
        ({"surprise": 1}, "surprise: Extra inputs"),
        ({"data": {}}, "data set's summary"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(tmp_path: Path, change: dict, words: str) -> None:
    with pytest.raises(ExportRefused, match=words):
        ExportSpec.from_json({**chain_spec(tmp_path), **change})


def test_gone_weights_are_refused_in_words(tmp_path: Path) -> None:
    spec = chain_spec(tmp_path)
    Path(spec["members"][0]["weights"]).unlink()
    with pytest.raises(ExportRefused, match="not in the store any more"):
        ExportSpec.from_json(spec)
