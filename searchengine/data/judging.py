"""The test part. Only the act of judging opens it, never a search job: nothing in training imports this
file."""

from __future__ import annotations

from pathlib import Path

from searchengine.data.manifest import read_manifest
from searchengine.data.prepared import Part, open_arrays


def open_test(data_root: Path, fingerprint: str) -> Part:
    """The test part of a prepared set. Raises ``DataRefused`` when its arrays are missing or were changed."""
    folder = data_root / fingerprint
    return open_arrays(folder, read_manifest(folder), "test/", "test")
