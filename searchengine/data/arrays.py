"""The arrays of a set in preparation: decoded samples, the parts cut from them, their flow and moments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from searchengine.data.flow import FlowSettings, clip_flow, grey
from searchengine.data.manifest import Fault
from searchengine.data.source import Source, Undecodable
from searchengine.data.split import PARTS
from searchengine.data.watch import Watch

_BLOCK = 256


def part_prefix(part: str) -> str:
    """What the names of a part's arrays begin with; the test part has a folder of its own."""
    return "test/" if part == "test" else f"{part}."


def decode(
    source: Source, path: Path, watch: Watch
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


def copy_members(
    source: NDArray[np.uint8], members: NDArray[np.int64], path: Path, part: str, watch: Watch
) -> None:
    """The samples of a part in an array of their own."""
    target = open_memmap(path, mode="w+", dtype=np.uint8, shape=(len(members), *source.shape[1:]))
    for start in range(0, len(members), _BLOCK):
        target[start : start + _BLOCK] = source[members[start : start + _BLOCK]]
        watch(f"writing {part}", min(start + _BLOCK, len(members)), len(members))
    target.flush()


def write_flow(folder: Path, settings: FlowSettings, watch: Watch) -> Sequence[str]:
    """The optical flow of every part beside its clips, int8 (N, 2, T, H, W); the names of the new files.

    It is computed from the stored bytes, so it is the flow of exactly what a network sees.
    """
    clips = {part: np.load(folder / f"{part_prefix(part)}x.npy", mmap_mode="r") for part in PARTS}
    total, done = sum(len(x) for x in clips.values()), 0
    names = []
    for part, x in clips.items():
        names.append(f"{part_prefix(part)}flow.npy")
        shape = (len(x), 2, *x.shape[2:])
        target = open_memmap(folder / names[-1], mode="w+", dtype=np.int8, shape=shape)
        for number, clip in enumerate(x):
            target[number] = clip_flow(grey(clip), settings)
            done += 1
            watch("optical flow", done, total)
        target.flush()
    return names


def moments(x: NDArray[np.uint8], scale: float, offset: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
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
