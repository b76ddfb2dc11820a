"""A method's history under a fixed seed changes only on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchengine import catalogue
from searchengine.testing.golden import difference, golden

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("slug", sorted(catalogue.methods()))
def test_the_golden_run_is_as_recorded(slug: str) -> None:
    path = FOLDER / f"{slug}.jsonl"
    assert path.exists(), f"record it: python -m searchengine.testing.golden {slug} --refresh"
    found = difference(path.read_text(encoding="utf-8").splitlines(), golden(slug))
    assert found is None, f"{found}\nif meant: python -m searchengine.testing.golden {slug} --refresh"
