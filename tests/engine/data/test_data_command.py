"""The command line prepares, lists and refuses in words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from searchengine.data.command import main
from tests.engine.data.files import image_folder


def test_prepare_prints_progress_and_ends_with_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", "digits", "--json", "--data-root", str(tmp_path)]) == 0
    *progress, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all({"progress", "done", "of"} == set(line) for line in progress)
    assert last["summary"]["slug"] == "digits"
    assert main(["list", "--json", "--data-root", str(tmp_path)]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert listed[0]["summary"] == last["summary"]
    assert {"builtin": "digits-motion"} in listed


def test_people_get_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = image_folder(tmp_path / "pets")
    (root / "cat" / "bad.png").write_bytes(b"x")
    assert main(["prepare", str(root), "--data-root", str(tmp_path / "data"), "--side", "8"]) == 0
    assert "left out: cat/bad.png" in capsys.readouterr().out
    assert main(["list", "--data-root", str(tmp_path / "data")]) == 0
    assert "pets" in capsys.readouterr().out


def test_a_refusal_is_said_in_words_and_by_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", "nowhere", "--json", "--data-root", str(tmp_path)]) == 2
    assert "no built-in data set" in json.loads(capsys.readouterr().out)["error"]
    assert main(["prepare", "nowhere", "--data-root", str(tmp_path)]) == 2
    assert "refused:" in capsys.readouterr().err


def test_preparation_loads_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from searchengine.data.command import main;"
        f"main(['prepare', 'digits', '--data-root', {str(tmp_path)!r}]); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
