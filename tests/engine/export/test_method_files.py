"""What a method adds to an export: AssembleNet's list form and weights, the picture that comes along; and
what is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file

from searchengine import catalogue
from searchengine.core.jsontext import dumps
from searchengine.data.flow import flow_settings
from searchengine.export.bundle import Bundle, write_bundle, zip_folder
from searchengine.export.spec import ExportRefused, ExportSpec
from searchengine.methods.assemblenet.describe import edge_of
from searchengine.methods.assemblenet.genome import parse
from searchengine.methods.assemblenet.published_form import from_list

from .specs import chain_spec, weights_of
from .streams import MOVING

STEMS: list[dict[str, Any]] = [
    {"id": 0, "kind": "rgb", "dilation": 1},
    {"id": 1, "kind": "rgb", "dilation": 2},
    {"id": 2, "kind": "flow", "dilation": 1},
    {"id": 3, "kind": "flow", "dilation": 1},
]
BLOCKS: list[dict[str, Any]] = [
    {"id": 4, "level": 1, "inputs": [0, 2], "filters": 8, "dilation": 1},
    {"id": 5, "level": 2, "inputs": [1, 3, 4], "filters": 16, "dilation": 2},
    {"id": 6, "level": 3, "inputs": [5], "filters": 16, "dilation": 1},
    {"id": 7, "level": 4, "inputs": [0, 4, 6], "filters": 32, "dilation": 1},
]
GENOME = {"schema": 1, "method": "assemblenet", "depth": 26, "stem_total": 8, "nodes": [*STEMS, *BLOCKS]}
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><title>streams &amp; levels</title></svg>\n'


class Unpacked(NamedTuple):
    """An export as somebody gets it: what was written, and its zip unpacked elsewhere."""

    bundle: Bundle
    folder: Path
    weights: Path


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    folder = tmp_path_factory.mktemp("assemblenet")
    space = catalogue.space("assemblenet", {}, MOVING)
    weights = folder / "weights.safetensors"
    weights_of(space.describe(GENOME, MOVING.setting()), weights, 4)
    spec = {
        "kind": "network",
        "members": [
            {"genome": GENOME, "space": "assemblenet", "weights": str(weights), "birth": 3,
             "files": {"picture.svg": PICTURE}}
        ],
        "data": MOVING.to_json(),
        "preparation": {"flow": flow_settings("auto", MOVING.shape[-1]).to_json()},
    }  # fmt: skip
    bundle = write_bundle(ExportSpec.from_json(json.loads(dumps(spec))), folder / "export")
    zip_folder(bundle.folder, folder / "export.zip")
    with zipfile.ZipFile(folder / "export.zip") as packed:
        packed.extractall(folder / "elsewhere")
    return Unpacked(bundle, folder / "elsewhere" / "export", weights)


def test_every_check_holds_with_the_method_s_files_among_the_sums(found: Unpacked) -> None:
    assert [check for check in found.bundle.checks if not check.passed] == []
    sums = dict(
        reversed(line.split("  ", 1)) for line in (found.folder / "SHA256SUMS").read_text().splitlines()
    )
    for name in ("structure.json", "connection_weights.json", "picture.svg"):
        assert sums[name] == hashlib.sha256((found.folder / name).read_bytes()).hexdigest()
    assert (found.folder / "picture.svg").read_text() == PICTURE


def test_the_list_form_is_the_genome_s(found: Unpacked) -> None:
    rows = json.loads((found.folder / "structure.json").read_text())
    assert rows[:5] == [[-1, 1], [-1, 2], [-2, 1], [-2, 1], [0, [0, 2], 8, 1, 1, 0]]
    assert from_list(rows, 26, 8) == parse(GENOME)


def test_connection_weights_are_those_of_the_exported_network(found: Unpacked) -> None:
    lists = json.loads((found.folder / "connection_weights.json").read_text())
    assert [len(row[0]) if row else 0 for row in lists] == [0, 0, 0, 0, 2, 3, 0, 3]
    tensors = load_file(found.folder / "weights.safetensors")
    genome = parse(GENOME)
    for (source, target), (name, place) in edge_of(genome).items():
        logits = next(tensor for key, tensor in tensors.items() if key.startswith(f"{name}."))
        expected = torch.sigmoid(logits[place]).item()
        at = genome.node(target).inputs.index(source)
        assert lists[target][0][at] == pytest.approx(expected, abs=1e-4)
    assert len({value for row in lists if row for value in row[0]}) > 3, "the weights are no constant"


def test_it_runs_unpacked_without_the_project(found: Unpacked) -> None:
    ran = subprocess.run(
        [sys.executable, "-I", str(found.folder / "model.py")],
        cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", ["../out.svg", "model.py", "a/b.svg", ".hidden.svg", "no_ending", ""])
def test_a_name_that_is_taken_or_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    spec = chain_spec(tmp_path)
    spec["members"][0]["files"] = {name: "text"}
    with pytest.raises(ExportRefused, match="plain file name"):
        write_bundle(ExportSpec.from_json(spec), tmp_path / "out" / "export")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_method_whose_files_fail_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(exported: object) -> dict[str, str]:
        raise ValueError("no such layer")

    monkeypatch.setattr(catalogue, "export_files", lambda slug: fails)
    with pytest.raises(ExportRefused, match=r"export_files.py of chain failed: no such layer"):
        write_bundle(ExportSpec.from_json(chain_spec(tmp_path)), tmp_path / "export")
