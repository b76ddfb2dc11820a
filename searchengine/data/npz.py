"""Arrays in an ``.npz`` file: headers are read and checked before any array is, and nothing in it is ever
unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image

from searchengine.core.errors import DataRefused
from searchengine.core.setting import Modality
from searchengine.data.flow import FlowSettings
from searchengine.data.listed_files import LARGEST_DEFAULT_SIDE
from searchengine.data.manifest import Colour, Preparation
from searchengine.data.pictures import squared
from searchengine.data.prepared import file_sha256
from searchengine.data.split import TEST, UNASSIGNED, VALIDATION

MOST_BYTES = 4 * 2**30
MOST_ARRAYS = 64
MOST_CLASSES = 10_000
MOST_NAME = 200
_PARTS = {"train": UNASSIGNED, "val": VALIDATION, "test": TEST}
_CHANNELS = (1, 3)


class Entry(NamedTuple):
    """What an array's header says: ``order`` of the axes is not in it, see ``_axes``."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class NpzFile:
    """``x_train``, ``y_train``, ``x_test``, ``y_test`` (and ``x_val``, ``y_val``), or ``x`` and ``y``;
    ``classes`` names the labels.

    ``x``: (N, H, W), (N, H, W, C), (N, C, H, W) images or (N, T, H, W), (N, T, H, W, C), (N, C, T, H, W)
    clips, C 1 or 3, of numbers or booleans. Bytes and values in [0, 1] or [0, 255] keep their meaning, other
    ranges are spread over 256 steps. ``y``: (N,) class numbers, or (N, K) rows with a single one. A test part
    stays the test part.
    """

    parts: NDArray[np.int8] | None
    groups: Sequence[str] | None = None
    mirror_safe = True
    default_flow: FlowSettings | None = None

    def __init__(self, path: Path, slug: str, settings: Preparation) -> None:
        if settings.group is not None:
            raise DataRefused("an .npz file has no paths to group by; leave the group pattern away")
        self._path, self.slug, self.title = path, slug, path.name
        entries = read_headers(path)
        names = _part_names(entries)
        arrays = _load(path, names, entries)
        xs = {part: x for part, (x, _) in arrays.items()}
        self._axes = _axes(next(iter(xs.values())).shape)
        self._xs = list(xs.values())
        if len({x.shape[1:] for x in self._xs}) > 1:
            raise DataRefused(
                f"{path.name}: the parts hold samples of unlike shapes, {[x.shape[1:] for x in self._xs]}"
            )
        self._starts = np.cumsum([0, *(len(x) for x in self._xs)])
        self.scale, self.offset = _values(self._xs, path.name)
        raw = np.concatenate([_labels(y, len(x), path.name) for x, y in arrays.values()])
        self.classes, self.labels = _classes(raw, _load_classes(path, entries), path.name)
        parts = [np.full(len(x), _PARTS.get(part, UNASSIGNED), dtype=np.int8) for part, x in xs.items()]
        self.parts = np.concatenate(parts)
        self.modality: Modality = "clips" if "T" in self._axes else "images"
        self.shape = self._shape(settings)

    def identity(self) -> str:
        return f"npz {self._sha256}"

    def read(self, index: int) -> NDArray[np.uint8]:
        part = int(np.searchsorted(self._starts, index, side="right")) - 1
        sample = self._bytes(self._xs[part][index - self._starts[part]])
        frames = self._frames(sample)
        pictures = [self._fitted(frame) for frame in frames]
        return np.stack(pictures, axis=1) if self.modality == "clips" else pictures[0]

    def remarks(self) -> Sequence[tuple[str, str]]:
        return ()

    @cached_property
    def _sha256(self) -> str:
        return file_sha256(self._path)

    def _shape(self, settings: Preparation) -> tuple[int, ...]:
        size = dict(zip(self._axes, self._xs[0].shape[1:], strict=True))
        channels = size.get("C", 1)
        colour: Colour = settings.colour or ("rgb" if channels == 3 else "grey")
        self._colour = colour
        shorter = min(size["H"], size["W"])
        if shorter < 4:
            raise DataRefused(
                f"{self._path.name}: samples have {size['H']}×{size['W']} pixels; expected at least 4×4"
            )
        side = settings.side or min(LARGEST_DEFAULT_SIDE, shorter)
        out = 3 if colour == "rgb" else 1
        if self.modality == "images":
            if settings.frames is not None:
                raise DataRefused(f"{self._path.name} holds images, which have no frames; leave frames away")
            return out, side, side
        if size["T"] < 2:
            raise DataRefused(f"{self._path.name}: clips have {size['T']} frames; expected at least 2")
        return out, settings.frames or size["T"], side, side

    def _bytes(self, sample: NDArray[Any]) -> NDArray[np.uint8]:
        if sample.dtype == np.uint8 and self.offset == 0.0:
            return sample
        steps = (sample.astype(np.float64) - self.offset) / self.scale
        return np.clip(np.rint(steps), 0, 255).astype(np.uint8)

    def _frames(self, sample: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """The sample as pictures (H, W) or (H, W, 3)."""
        axes = self._axes
        moved = sample.transpose([axes.index(axis) for axis in ("T", "H", "W", "C") if axis in axes])
        if "T" not in axes:
            moved = moved[None]
        if "C" in axes and moved.shape[-1] == 1:
            moved = moved[..., 0]
        wanted = self.shape[1] if self.modality == "clips" else 1
        return [moved[number] for number in _spread(len(moved), wanted)]

    def _fitted(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        side = self.shape[-1]
        if picture.shape == (side, side) and self._colour == "grey":
            return picture[None]
        if picture.shape == (side, side, 3) and self._colour == "rgb":
            return picture.transpose(2, 0, 1)
        return squared(Image.fromarray(np.ascontiguousarray(picture)), side, self._colour)


def read_headers(path: Path) -> dict[str, Entry]:
    """Name → shape and dtype of every array, nothing else read. Raises ``DataRefused`` for objects (which
    would need unpickling), sizes that the file does not hold, and more than 4 GiB in all."""
    entries: dict[str, Entry] = {}
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_ARRAYS:
                raise DataRefused(f"{path.name} holds {len(members)} entries; at most {MOST_ARRAYS} are read")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name in entries:
                    raise DataRefused(f"{path.name} holds two arrays called {name[:40]!r}")
                entry = _read_header(archive, member, path.name)
                entries[name] = entry
                total += member.file_size
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError) as error:
        if isinstance(error, DataRefused):
            raise
        raise DataRefused(f"{path.name} cannot be read as an .npz file ({str(error)[:120]})") from error
    if total > MOST_BYTES:
        raise DataRefused(
            f"{path.name} unpacks to {total / 2**30:.1f} GiB; at most {MOST_BYTES // 2**30} are read"
        )
    return entries


def _read_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file_name: str) -> Entry:
    with archive.open(member) as file:
        version = npy.read_magic(file)
        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        if version not in readers:
            raise DataRefused(
                f"{file_name}: {member.filename[:40]!r} is written in array format {version}, expected 1.0"
                " or 2.0"
            )
        shape, _, dtype = readers[version](file)
        begin = file.tell()
    if dtype.hasobject or dtype.kind not in "biufUS":
        raise DataRefused(
            f"{file_name}: {member.filename[:40]!r} holds {dtype}; expected numbers (objects would need"
            " unpickling, which is never done)"
        )
    if any(size < 0 for size in shape) or prod(shape) * dtype.itemsize != member.file_size - begin:
        raise DataRefused(
            f"{file_name}: {member.filename[:40]!r} states shape {shape}, which its size does not bear out"
        )
    return Entry(tuple(shape), dtype)


def _part_names(entries: dict[str, Entry]) -> dict[str, tuple[str, str]]:
    """Part → names of x and y."""
    if "x" in entries and "y" in entries:
        return {"all": ("x", "y")}
    if not {"x_train", "y_train"} <= entries.keys():
        raise DataRefused(
            "expected arrays x_train and y_train (x_test, y_test, classes), or x and y; got"
            f" {', '.join(sorted(entries))[:200] or 'none'}"
        )
    found = {}
    for part in _PARTS:
        x, y = f"x_{part}", f"y_{part}"
        if (x in entries) != (y in entries):
            raise DataRefused(f"{x} and {y} come together; one of them is missing")
        if x in entries:
            found[part] = (x, y)
    return found


def _load(
    path: Path, names: dict[str, tuple[str, str]], entries: dict[str, Entry]
) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    for x, y in names.values():
        if entries[x].dtype.kind not in "biuf" or entries[y].dtype.kind not in "biuf":
            raise DataRefused(f"{x} and {y} must hold numbers, got {entries[x].dtype} and {entries[y].dtype}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {part: (archive[x], archive[y]) for part, (x, y) in names.items()}
    except (ValueError, OSError, zipfile.BadZipFile, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise DataRefused(f"{path.name} is damaged ({str(error)[:120]})") from error


def _load_classes(path: Path, entries: dict[str, Entry]) -> list[str] | None:
    if "classes" not in entries:
        return None
    with np.load(path, allow_pickle=False) as archive:
        found = archive["classes"]
    if found.ndim != 1:
        raise DataRefused(f"classes must be a list of names, got shape {found.shape}")
    names = [
        name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in found.tolist()
    ]
    names = [name.encode("utf-8", "backslashreplace").decode() for name in names]
    if any(len(name) > MOST_NAME or not name.strip() for name in names) or len(set(names)) < len(names):
        raise DataRefused(f"classes must be different names of 1 to {MOST_NAME} characters")
    return names


def _axes(shape: tuple[int, ...]) -> str:
    """The axes of a sample, as letters; N is left out. Raises ``DataRefused``."""
    sizes = shape[1:]
    if len(sizes) == 2:
        return "HW"
    if len(sizes) == 3:
        if sizes[2] in _CHANNELS:
            return "HWC"
        return "CHW" if sizes[0] in _CHANNELS else "THW"
    if len(sizes) == 4:
        if sizes[3] in _CHANNELS:
            return "THWC"
        if sizes[0] in _CHANNELS:
            return "CTHW"
        if sizes[1] in _CHANNELS:
            return "TCHW"
    raise DataRefused(
        f"samples of shape {sizes} are neither images (H, W), (H, W, C) nor clips (T, H, W), (T, H, W, C)"
        " with C 1 or 3"
    )


def _values(xs: Sequence[NDArray[Any]], name: str) -> tuple[float, float]:
    """Scale and offset of bytes for these arrays."""
    if any(x.size == 0 for x in xs):
        raise DataRefused(f"{name} holds a part without samples")
    if all(x.dtype == np.uint8 for x in xs):
        return 1 / 255, 0.0
    low, high = min(float(x.min()) for x in xs), max(float(x.max()) for x in xs)
    if not np.isfinite([low, high]).all():
        raise DataRefused(f"{name} holds values that are not finite; clean them first")
    if low >= 0.0 and high <= 1.0:
        return 1 / 255, 0.0
    if low >= 0.0 and high <= 255.0:
        return 1.0, 0.0
    return (high - low) / 255, low


def _labels(y: NDArray[Any], count: int, name: str) -> NDArray[np.int64]:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.shape[1] > 1:
        if not (((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all()):
            raise DataRefused(f"{name}: labels with several columns need exactly one 1 in every row")
        y = y.argmax(axis=1)
    if y.shape != (count,):
        raise DataRefused(f"{name}: {count} samples but labels of shape {y.shape}; expected one a sample")
    if not np.isfinite(y).all() or (y != np.floor(y)).any() or (y < 0).any():
        raise DataRefused(f"{name}: labels must be whole numbers from 0 on")
    return y.astype(np.int64)


def _classes(
    labels: NDArray[np.int64], names: list[str] | None, file_name: str
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    used = np.unique(labels)
    if len(used) > MOST_CLASSES:
        raise DataRefused(f"{file_name}: {len(used)} classes; at most {MOST_CLASSES} are read")
    if names is None:
        return tuple(str(label) for label in used), np.searchsorted(used, labels)
    if int(used[-1]) >= len(names):
        raise DataRefused(
            f"{file_name}: label {used[-1]} has no name; classes holds {len(names)}, counted from 0"
        )
    return tuple(names), labels


def _spread(have: int, want: int) -> list[int]:
    if have <= want:
        return [*range(have), *[have - 1] * (want - have)]
    return [int((number + 0.5) * have / want) for number in range(want)]
