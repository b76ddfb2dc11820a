"""From a name or a path to a source of samples."""

from __future__ import annotations

import re
from pathlib import Path

from searchengine.core.errors import DataRefused
from searchengine.data import pictures, videos
from searchengine.data.builtin import BUILTIN
from searchengine.data.folder import list_classes
from searchengine.data.image_folder import ImageFolder
from searchengine.data.manifest import Preparation
from searchengine.data.npz import NpzFile
from searchengine.data.source import Source
from searchengine.data.video_folder import VideoFolder


def open_source(name_or_path: str, settings: Preparation) -> Source:
    """A built-in set by name, a folder with a folder per class, or an ``.npz`` file. Raises
    ``DataRefused``."""
    if name_or_path in BUILTIN:
        return BUILTIN[name_or_path](settings)
    if "\0" in name_or_path or "://" in name_or_path:
        raise DataRefused(
            f"data comes from a folder or an .npz file on this machine, got {name_or_path[:80]!r}"
        )
    path = Path(name_or_path)
    if path.is_dir():
        return _open_folder(path.resolve(), settings)
    if path.is_file() and path.suffix.lower() == ".npz":
        return NpzFile(path, slug_of(path), settings)
    raise DataRefused(
        f"{name_or_path!r} is no built-in data set ({', '.join(BUILTIN)}), no folder and no .npz file"
    )


def _open_folder(path: Path, settings: Preparation) -> Source:
    """Clips when most files are videos by their names, else images."""
    known = list_classes(path, pictures.SUFFIXES | videos.SUFFIXES, "image or video")
    of_videos = sum(file.suffix.lower() in videos.SUFFIXES for file in known.files)
    if 2 * of_videos > len(known.files):
        return VideoFolder(list_classes(path, videos.SUFFIXES, "video"), slug_of(path), settings)
    return ImageFolder(list_classes(path, pictures.SUFFIXES, "image"), slug_of(path), settings)


def slug_of(path: Path) -> str:
    """A short name for data at ``path``: lower-case letters, digits and dashes."""
    return (
        re.sub(r"[^a-z0-9]+", "-", (path.name if path.is_dir() else path.stem).lower()).strip("-")[:60]
        or "data"
    )
