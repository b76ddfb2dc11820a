"""Judging on test: the numbers of a computation by hand, one look a line, refusals in words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from searchengine import catalogue
from searchengine.data.judging import open_test
from searchengine.data.prepare import prepare
from searchengine.data.prepared import open_prepared
from searchengine.export.spec import ExportSpec
from searchengine.judging.__main__ import main
from searchengine.judging.judge import NothingToJudge, judge, judge_spec
from searchengine.judging.ledger import looks, note_look
from tests.engine.export.specs import chain_spec, weights_of


@pytest.fixture(scope="module")
def data_root(built_in_root: Path) -> Path:
    prepare("digits", built_in_root)
    return built_in_root


@pytest.fixture
def spec(data_root: Path, tmp_path: Path) -> ExportSpec:
    """An ensemble of three drawn networks."""
    return ExportSpec.from_json(chain_spec(tmp_path, 3, prepare("digits", data_root).summary))


def by_hand(spec: ExportSpec, data_root: Path) -> float:
    """Accuracy of the mean logits, from the test bytes and nothing of the judge's."""
    fingerprint = spec.summary().fingerprint
    part, manifest = open_test(data_root, fingerprint), open_prepared(data_root, fingerprint).manifest
    x = torch.from_numpy(np.array(part.x)).float() * manifest.scale + manifest.offset
    x = (x - torch.tensor(manifest.mean).reshape(-1, 1, 1)) / torch.tensor(manifest.std).reshape(-1, 1, 1)
    space = catalogue.space("chain", {}, spec.summary())
    total = torch.zeros(len(part.y), len(spec.summary().classes))
    for number, member in enumerate(spec.members):
        again = member.weights.with_name(f"again-{number}.safetensors")
        network = weights_of(space.describe(dict(member.genome), spec.summary().setting()), again, number)
        with torch.no_grad():
            total += network(x)
    return float((total.argmax(1).numpy() == part.y).mean())


def test_an_ensemble_is_judged_by_its_mean_logits_on_the_test_part(spec: ExportSpec, data_root: Path) -> None:
    found = judge_spec(spec, data_root)
    assert found.samples == spec.summary().sizes["test"]
    assert found.metrics["accuracy"] == pytest.approx(by_hand(spec, data_root), abs=1.5 / found.samples)
    assert set(found.metrics) == {"accuracy", "top_k", "loss"}
    assert judge_spec(spec, data_root) == found


def test_nothing_cannot_be_judged(data_root: Path) -> None:
    with pytest.raises(NothingToJudge, match="at least one network"):
        judge([], data_root=data_root, fingerprint=prepare("digits", data_root).summary.fingerprint)


def test_looks_are_counted_for_each_data_set(tmp_path: Path) -> None:
    ledger = tmp_path / "looks.jsonl"
    assert looks(ledger, "a") == 0
    counted = [
        note_look(ledger, fingerprint=name, what="#1", networks=1, metrics={"accuracy": 0.5})
        for name in ("a", "b", "a")
    ]
    assert counted == [1, 1, 2]
    assert json.loads(ledger.read_text().splitlines()[0]) == {
        "data": "a",
        "what": "#1",
        "networks": 1,
        "metrics": {"accuracy": 0.5},
    }


def test_a_program_gets_one_object_or_the_reason_why_not(
    spec: ExportSpec, data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spec.json"
    path.write_text(spec.model_dump_json())
    assert main([str(path), "--data-root", str(data_root)]) == 0
    found = judge_spec(spec, data_root)
    assert json.loads(capsys.readouterr().out) == {"metrics": found.metrics, "samples": found.samples}
    spec.members[1].weights.unlink()
    assert main([str(path), "--data-root", str(data_root)]) == 2
    assert "weights of member 1" in json.loads(capsys.readouterr().out)["error"]


def test_neither_a_step_nor_the_ledger_needs_what_opens_the_test_part() -> None:
    code = (
        "import sys, searchengine.judging.ledger, searchengine.cli;"
        " sys.exit(any(name in sys.modules for name in ('torch', 'searchengine.data.judging')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
