"""Preparation: raw data read once, checked, split, measured and written as memory-mapped byte arrays."""

from __future__ import annotations

import os
import platform
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused, Stopped
from searchengine.core.jsontext import digest
from searchengine.core.setting import DataSummary
from searchengine.data.manifest import (
    FORMAT,
    MANIFEST_FILE,
    Fault,
    Manifest,
    Preparation,
    read_manifest,
    write_manifest,
)
from searchengine.data.opening import open_source
from searchengine.data.prepared import file_sha256
from searchengine.data.previews import write_previews
from searchengine.data.source import Source, Undecodable
from searchengine.data.split import PARTS, TEST, TRAIN, UNASSIGNED, VALIDATION, split

Progress = Callable[[str, int, int], None]
_REPORT_SECONDS = 0.2
_FAULTS_KEPT = 100
_BLOCK = 256


def prepare(
    name_or_path: str,
    data_root: Path,
    settings: Preparation | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Manifest:
    """Prepare a built-in set (by name), a folder or an ``.npz`` file; done once for equal content and
    settings.

    ``progress(phase, done, of)`` is called at most five times a second; when ``cancelled()`` turns true,
    ``Stopped`` is raised and nothing is left behind. Raises ``DataRefused`` in words. Arrays are written
    aside and moved into ``<data_root>/<fingerprint>/`` in one step, so a half prepared set is never seen.
    """
    settings = settings or Preparation()
    source = open_source(name_or_path, settings)
    fingerprint = digest([FORMAT, source.identity(), settings.to_json()])
    target = data_root / fingerprint
    if (target / MANIFEST_FILE).is_file():
        return read_manifest(target)
    watch = _Watch(progress, cancelled)
    with _folder_aside(data_root) as folder:
        manifest = _write(source, settings, fingerprint, folder, watch)
        write_manifest(folder, manifest)
        _sync(folder)
        try:
            folder.rename(target)
        except OSError:
            if not (target / MANIFEST_FILE).is_file():
                raise
            # Somebody else prepared the same set meanwhile; theirs is as good as ours.
    return read_manifest(target)


class _Watch:
    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._next = 0.0

    def __call__(self, phase: str, done: int, of: int) -> None:
        now = time.monotonic()
        if now < self._next and done != of:
            return
        self._next = now + _REPORT_SECONDS
        if self._cancelled is not None and self._cancelled():
            raise Stopped("the preparation was cancelled; nothing was kept")
        if self._progress is not None:
            self._progress(phase, done, of)


def _write(source: Source, settings: Preparation, fingerprint: str, folder: Path, watch: _Watch) -> Manifest:
    decoded, kept, faults = _decode(source, folder / "decoded.npy", watch)
    labels = source.labels[kept]
    _refuse_poor_classes(source, labels, faults)
    parts = _parts(source, settings, kept, labels)
    fault_count = len(faults)
    files: dict[str, str] = {}
    (folder / "test").mkdir()
    for number, part in enumerate(PARTS):
        members = np.flatnonzero(parts == number)
        if len(members) == 0:
            raise DataRefused(f"no sample is left for {part}; give more samples or other shares")
        prefix = "test/" if part == "test" else f"{part}."
        _copy(decoded, members, folder / f"{prefix}x.npy", part, watch)
        np.save(folder / f"{prefix}y.npy", labels[members])
        for axis in "xy":
            files[f"{prefix}{axis}.npy"] = file_sha256(folder / f"{prefix}{axis}.npy")
    mean, std = _moments(np.load(folder / "train.x.npy", mmap_mode="r"), source.scale, source.offset)
    summary = DataSummary(
        slug=settings.name or source.slug,
        title=settings.name or source.title,
        fingerprint=fingerprint,
        modality=source.modality,
        shape=source.shape,
        classes=source.classes,
        sizes={part: int((parts == number).sum()) for number, part in enumerate(PARTS)},
        mirror_safe=source.mirror_safe if settings.mirror_safe is None else settings.mirror_safe,
    )
    del decoded
    (folder / "decoded.npy").unlink()
    watch("previews", 0, 1)
    write_previews(folder, summary)
    watch("previews", 1, 1)
    repairs = [Fault(where, reason, used=True) for where, reason in source.remarks()]
    return Manifest(
        summary=summary,
        preparation=settings,
        scale=source.scale,
        offset=source.offset,
        mean=mean,
        std=std,
        files=files,
        faults=tuple((faults + repairs)[:_FAULTS_KEPT]),
        fault_count=fault_count + len(repairs),
        class_sizes={
            part: {
                label: int(((labels == index) & (parts == number)).sum())
                for index, label in enumerate(source.classes)
            }
            for number, part in enumerate(PARTS)
        },
    )


def _decode(
    source: Source, path: Path, watch: _Watch
) -> tuple[NDArray[np.uint8], NDArray[np.int64], list[Fault]]:
    """Every readable sample in an array on disk, the indices of those, and the faults of the others."""
    count = len(source.labels)
    array = open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, *source.shape))
    kept: list[int] = []
    faults: list[Fault] = []
    for index in range(count):
        try:
            array[len(kept)] = source.read(index)
            kept.append(index)
        except Undecodable as fault:
            faults.append(Fault(fault.where, fault.reason))
        watch("reading", index + 1, count)
    return array, np.asarray(kept, dtype=np.int64), faults


def _refuse_poor_classes(source: Source, labels: NDArray[np.int64], faults: list[Fault]) -> None:
    if len(source.classes) < 2:
        raise DataRefused(
            f"a data set needs at least two classes, got {len(source.classes)}; put each class into a folder"
            " of its own"
        )
    counts = np.bincount(labels, minlength=len(source.classes))
    poor = [(label, int(count)) for label, count in zip(source.classes, counts, strict=True) if count < 2]
    if poor:
        named = ", ".join(f"{label!r} has {count}" for label, count in poor[:5])
        why = (
            f"; {len(faults)} could not be read, the first: {faults[0].where}: {faults[0].reason}"
            if faults
            else ""
        )
        raise DataRefused(f"every class needs at least two usable samples; {named}{why}")


def _parts(
    source: Source, settings: Preparation, kept: NDArray[np.int64], labels: NDArray[np.int64]
) -> NDArray[np.int8]:
    rng = np.random.default_rng(settings.seed)
    groups = None if source.groups is None else [source.groups[index] for index in kept]
    fixed = None if source.parts is None else source.parts[kept]
    if fixed is None:
        return split(labels, settings.validation, settings.test, rng, groups)
    parts = fixed.copy()
    free = np.flatnonzero(fixed == UNASSIGNED)
    if len(free):
        present = {int(part) for part in np.unique(fixed)}
        validation = 0.0 if VALIDATION in present else settings.validation
        test = 0.0 if TEST in present else settings.test
        free_groups = None if groups is None else [groups[index] for index in free]
        parts[free] = split(labels[free], validation, test, rng, free_groups)
    if not (parts == TRAIN).any():
        raise DataRefused("no sample is left to train on; give more samples or smaller shares")
    return parts


def _copy(
    source: NDArray[np.uint8], members: NDArray[np.int64], path: Path, part: str, watch: _Watch
) -> None:
    target = open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(members), *source.shape[1:]))
    for start in range(0, len(members), _BLOCK):
        target[start : start + _BLOCK] = source[members[start : start + _BLOCK]]
        watch(f"writing {part}", min(start + _BLOCK, len(members)), len(members))
    target.flush()


def _moments(
    x: NDArray[np.uint8], scale: float, offset: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation a channel, exact: from the counts of the 256 byte values."""
    counts = np.zeros((x.shape[1], 256), dtype=np.int64)
    for start in range(0, len(x), _BLOCK):
        block = x[start : start + _BLOCK]
        for channel in range(x.shape[1]):
            counts[channel] += np.bincount(block[:, channel].ravel(), minlength=256)
    values = np.arange(256) * scale + offset
    total = counts.sum(axis=1)
    mean = (counts * values).sum(axis=1) / total
    std = np.sqrt((counts * (values - mean[:, None]) ** 2).sum(axis=1) / total)
    # A channel without contrast would divide by nothing.
    return tuple(map(float, mean)), tuple(float(value) if value > 1e-6 else 1.0 for value in std)


@contextmanager
def _folder_aside(data_root: Path) -> Iterator[Path]:
    data_root.mkdir(parents=True, exist_ok=True)
    sweep_abandoned(data_root)
    folder = data_root / f".preparing-{platform.node()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_abandoned(data_root: Path) -> None:
    """Remove what preparations on this machine left behind when they were killed in the middle."""
    for folder in data_root.glob(f".preparing-{platform.node()}-*"):
        owner = folder.name.split("-")[-2]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
