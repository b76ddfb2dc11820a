"""The page about the architecture graph shows code that runs and names every kind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from searchengine.architecture.kinds import kinds

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "architecture-graph.md").read_text()


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert "block1.r2." in ran.stdout


def test_every_kind_stands_in_the_table() -> None:
    for name in kinds():
        assert f"| `{name}` |" in PAGE
