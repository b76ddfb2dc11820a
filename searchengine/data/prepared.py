"""Prepared sets on disk: finding them, and opening their train and validation parts.

A set lies in ``<data root>/<fingerprint>/``: ``manifest.json``, ``train.x.npy``, ``train.y.npy``,
``validation.x.npy``, ``validation.y.npy``, ``previews/``. The test part lies in a folder of its own that only
``searchengine.data.judging`` opens.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused, UnknownName
from searchengine.core.setting import DataSummary
from searchengine.data.manifest import MANIFEST_FILE, Manifest, read_manifest

PartName = Literal["train", "validation"]
_CHECK_BYTES = 256 * 2**20


class Part(NamedTuple):
    """Samples (N, C, H, W) or (N, C, T, H, W) as bytes, memory-mapped read-only, and labels (N,)."""

    x: NDArray[np.uint8]
    y: NDArray[np.int64]


class PreparedData(NamedTuple):
    """What a search job sees of a data set: its manifest, train and validation. No test."""

    manifest: Manifest
    train: Part
    validation: Part

    @property
    def summary(self) -> DataSummary:
        return self.manifest.summary


def default_var() -> Path:
    """The folder of all state: ``EVOSCOPE_VAR``, or ``var`` in the working directory."""
    return Path(os.environ.get("EVOSCOPE_VAR") or "var")


def default_data_root() -> Path:
    """``data`` in the folder of all state."""
    return default_var() / "data"


def prepared_sets(data_root: Path) -> list[Manifest]:
    """Every readable prepared set, by slug; newest first among sets of one slug."""
    found: list[tuple[str, float, Manifest]] = []
    if not data_root.is_dir():
        return []
    for folder in data_root.iterdir():
        if folder.name.startswith(".") or not (folder / MANIFEST_FILE).is_file():
            continue
        try:
            manifest = read_manifest(folder)
        except DataRefused:
            continue  # an older format, or damaged: shown as missing, prepared anew when named
        found.append((manifest.summary.slug, -(folder / MANIFEST_FILE).stat().st_mtime, manifest))
    return [manifest for _, _, manifest in sorted(found, key=lambda row: row[:2])]


def find_prepared(data_root: Path, name: str) -> Manifest:
    """A prepared set by fingerprint or slug. Raises ``UnknownName``."""
    if _is_fingerprint(name) and (data_root / name / MANIFEST_FILE).is_file():
        return read_manifest(data_root / name)
    for manifest in prepared_sets(data_root):
        if manifest.summary.slug == name:
            return manifest
    known = ", ".join(sorted({manifest.summary.slug for manifest in prepared_sets(data_root)})) or "none yet"
    raise UnknownName(f"there is no prepared data set {name!r}; prepared are: {known}")


def open_prepared(data_root: Path, fingerprint: str) -> PreparedData:
    """Train and validation of a set. Raises ``DataRefused`` when arrays are missing or were changed."""
    if not _is_fingerprint(fingerprint):
        raise DataRefused(f"a fingerprint is 32 hexadecimal digits, got {fingerprint[:40]!r}")
    folder = data_root / fingerprint
    manifest = read_manifest(folder)
    return PreparedData(
        manifest, open_part(folder, manifest, "train"), open_part(folder, manifest, "validation")
    )


def open_part(folder: Path, manifest: Manifest, part: PartName) -> Part:
    """One part, checked against the manifest. There is no way here to the test part."""
    if part not in ("train", "validation"):
        raise DataRefused(f"search jobs read train and validation, not {part!r}")
    return open_arrays(folder, manifest, f"{part}.", part)


def open_arrays(folder: Path, manifest: Manifest, prefix: str, part: str) -> Part:
    """The arrays ``<prefix>x.npy`` and ``<prefix>y.npy`` of a set's folder, shapes and checksums as
    stated."""
    x, y = (_open(folder, f"{prefix}{axis}.npy", manifest) for axis in "xy")
    count = manifest.summary.sizes[part]
    if x.shape != (count, *manifest.summary.shape) or x.dtype != np.uint8 or y.shape != (count,):
        raise DataRefused(
            f"{part} of {manifest.summary.slug} holds {x.dtype} {x.shape}, the manifest says uint8"
            f" {(count, *manifest.summary.shape)}; prepare the set again"
        )
    return Part(x.view(np.uint8), np.array(y, dtype=np.int64))


def _open(folder: Path, name: str, manifest: Manifest) -> NDArray[np.generic]:
    path = folder / name
    try:
        if path.stat().st_size <= _CHECK_BYTES and file_sha256(path) != manifest.files[name]:
            raise DataRefused(
                f"{name} of data set {manifest.summary.slug} was changed after preparation; prepare the set"
                " again"
            )
        # Read-only, so that mapped data is no memory of the process and cannot be changed by it.
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, DataRefused):
            raise
        raise DataRefused(
            f"{name} of data set {manifest.summary.slug} cannot be opened ({error}); prepare the set again"
        ) from error


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_fingerprint(text: str) -> bool:
    return len(text) == 32 and all(sign in "0123456789abcdef" for sign in text)
