from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from .specs import chain_spec


def export(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "searchengine.export", *arguments], capture_output=True, text=True, check=False,
        cwd=Path(__file__).resolve().parents[3],
    )  # fmt: skip


def test_the_command_writes_checks_and_packs(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text(json.dumps(chain_spec(tmp_path)))
    ended = export(
        str(tmp_path / "spec.json"), "--to", str(tmp_path / "out"), "--zip", str(tmp_path / "o.zip"), "--json"
    )
    assert ended.returncode == 0, ended.stderr
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert lines[0] == {"progress": "writing networks", "done": 0, "of": 1}
    assert lines[-1]["ok"]
    assert all(check["seconds"] >= 0 for check in lines[-1]["checks"])
    assert (tmp_path / "o.zip").stat().st_size > 1000
    assert "model.py" in lines[-1]["files"]


def test_the_command_refuses_in_words(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text("{not json")
    ended = export(str(tmp_path / "spec.json"), "--to", str(tmp_path / "out"), "--json")
    assert ended.returncode == 2
    assert "no readable JSON" in json.loads(ended.stdout)["error"]
    assert not (tmp_path / "out").exists()
