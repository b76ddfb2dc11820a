"""Preparation: raw data read once, checked, split, measured and written as memory-mapped byte arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import digest
from searchengine.core.setting import DataSummary
from searchengine.data.arrays import copy_members, decode, moments, part_prefix, write_flow
from searchengine.data.aside import folder_aside, sync
from searchengine.data.classes import class_counts, refuse_poor_classes
from searchengine.data.flow import FlowName, FlowSettings, flow_settings
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
from searchengine.data.source import Source
from searchengine.data.split import PARTS, TEST, TRAIN, UNASSIGNED, VALIDATION, split
from searchengine.data.watch import Progress, Watch

_FAULTS_KEPT = 100


def prepare(
    name_or_path: str,
    data_root: Path,
    settings: Preparation | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Manifest:
    """Prepare a built-in set (by name), a folder, an ``.npz`` file or a table of paths; done once for equal
    content and settings.

    ``progress(phase, done, of)`` is called at most five times a second; when ``cancelled()`` turns true,
    ``Stopped`` is raised and nothing is left behind. Raises ``DataRefused`` in words. Arrays are written
    aside and moved into ``<data_root>/<fingerprint>/`` in one step, so a half prepared set is never seen.
    """
    settings = settings or Preparation()
    source = open_source(name_or_path, settings)
    settings = replace(settings, flow=_flow(source, settings))
    fingerprint = digest([FORMAT, source.identity(), settings.to_json()])
    target = data_root / fingerprint
    if (target / MANIFEST_FILE).is_file():
        return read_manifest(target)
    watch = Watch(progress, cancelled)
    with folder_aside(data_root) as folder:
        manifest = _write(source, settings, fingerprint, folder, watch)
        write_manifest(folder, manifest)
        sync(folder)
        try:
            folder.rename(target)
        except OSError:
            if not (target / MANIFEST_FILE).is_file():
                raise
            # Somebody else prepared the same set meanwhile; theirs is as good as ours.
    return read_manifest(target)


def _flow(source: Source, settings: Preparation) -> FlowSettings | FlowName | None:
    """What stands in the manifest: settings instead of a name, so that the fingerprint depends on them."""
    wish = settings.flow
    if wish == "none":
        # Said where it makes a difference; elsewhere the set is the one that never knew of flow.
        return "none" if source.default_flow else None
    flow = wish or source.default_flow
    if flow is None:
        return None
    if source.modality != "clips":
        raise DataRefused(
            f"{source.slug} holds images, and optical flow needs clips; leave flow away or give videos"
        )
    side = min(source.shape[-2:])
    if isinstance(flow, str):
        return flow_settings(flow, side)
    flow.refuse_side(side)
    return flow


def _write(source: Source, settings: Preparation, fingerprint: str, folder: Path, watch: Watch) -> Manifest:
    decoded, kept, faults = decode(source, folder / "decoded.npy", watch)
    labels = source.labels[kept]
    refuse_poor_classes(source.classes, labels, faults)
    parts = _parts(source, settings, kept, labels)
    names: list[str] = []
    (folder / "test").mkdir()
    for number, part in enumerate(PARTS):
        members = np.flatnonzero(parts == number)
        if len(members) == 0:
            raise DataRefused(f"no sample is left for {part}; give more samples or other shares")
        prefix = part_prefix(part)
        copy_members(decoded, members, folder / f"{prefix}x.npy", part, watch)
        np.save(folder / f"{prefix}y.npy", labels[members])
        names += [f"{prefix}x.npy", f"{prefix}y.npy"]
    del decoded
    (folder / "decoded.npy").unlink()
    flow = settings.flow if isinstance(settings.flow, FlowSettings) else None
    if flow is not None:
        names += write_flow(folder, flow, watch)
    mean, std = moments(np.load(folder / "train.x.npy", mmap_mode="r"), source.scale, source.offset)
    summary = DataSummary(
        slug=settings.name or source.slug,
        title=settings.name or source.title,
        fingerprint=fingerprint,
        modality=source.modality,
        shape=source.shape,
        classes=source.classes,
        sizes={part: int((parts == number).sum()) for number, part in enumerate(PARTS)},
        labels="multi" if labels.ndim == 2 else "single",
        flow=flow is not None,
        mirror_safe=source.mirror_safe if settings.mirror_safe is None else settings.mirror_safe,
    )
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
        files={name: file_sha256(folder / name) for name in names},
        faults=tuple((faults + repairs)[:_FAULTS_KEPT]),
        fault_count=len(faults) + len(repairs),
        class_sizes={
            part: dict(
                zip(
                    source.classes,
                    class_counts(labels[parts == number], len(source.classes)).tolist(),
                    strict=True,
                )
            )
            for number, part in enumerate(PARTS)
        },
    )


def _parts(
    source: Source, settings: Preparation, kept: NDArray[np.int64], labels: NDArray[Any]
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
