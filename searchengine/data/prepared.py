"""Prepared sets on disk: finding them, and opening their train and validation parts.

A set lies in ``<data root>/<fingerprint>/``: ``manifest.json``, ``train.x.npy``, ``train.y.npy``,
``validation.x.npy``, ``validation.y.npy``, ``previews/``; with optical flow also ``train.flow.npy`` and
``validation.flow.npy``. The test part lies in a folder of its own that only ``searchengine.data.judging``
opens.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused, UnknownName
from searchengine.core.setting import DataSummary
from searchengine.data.manifest import MANIFEST_FILE, Manifest, read_manifest

PartName = Literal["train", "validation"]
_CHECK_BYTES = 256 * 2**20


class Part(NamedTuple):
    """Samples ``x`` (N, C, H, W) or (N, C, T, H, W) as bytes, memory-mapped read-only; labels ``y``: class
    indices (N,) of type int64, or with several labels a sample ones and zeros (N, classes) of type uint8;
    ``flow`` (N, 2, T, H, W) of type int8, memory-mapped read-only, where the set has optical flow: rightward
    and downward displacement, 127 steps to the largest that is kept."""

    x: NDArray[np.uint8]
    y: NDArray[Any]
    flow: NDArray[np.int8] | None = None


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
    """The arrays ``<prefix>x.npy``, ``<prefix>y.npy`` and, where the set has flow, ``<prefix>flow.npy`` of a
    set's folder, shapes and checksums as stated."""
    summary = manifest.summary
    count = summary.sizes[part]
    x = _open(folder, f"{prefix}x.npy", manifest, np.uint8, (count, *summary.shape))
    if summary.labels == "multi":
        y = np.array(_open(folder, f"{prefix}y.npy", manifest, np.uint8, (count, len(summary.classes))))
    else:
        y = np.array(_open(folder, f"{prefix}y.npy", manifest, np.int64, (count,)))
    if not summary.flow:
        return Part(x, y)
    return Part(x, y, _open(folder, f"{prefix}flow.npy", manifest, np.int8, (count, 2, *summary.shape[1:])))


def _open(
    folder: Path, name: str, manifest: Manifest, dtype: type[np.generic], shape: tuple[int, ...]
) -> NDArray[Any]:
    path = folder / name
    slug = manifest.summary.slug
    try:
        if path.stat().st_size <= _CHECK_BYTES and file_sha256(path) != manifest.files[name]:
            raise DataRefused(
                f"{name} of data set {slug} was changed after preparation; prepare the set again"
            )
        # Read-only, so that mapped data is no memory of the process and cannot be changed by it.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, DataRefused):
            raise
        raise DataRefused(
            f"{name} of data set {slug} cannot be opened ({error}); prepare the set again"
        ) from error
    if array.shape != shape or array.dtype != dtype:
        raise DataRefused(
            f"{name} of data set {slug} holds {array.dtype} {array.shape}, the manifest says"
            f" {np.dtype(dtype)} {shape}; prepare the set again"
        )
    return array


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_fingerprint(text: str) -> bool:
    return len(text) == 32 and all(sign in "0123456789abcdef" for sign in text)
