"""From a name or a path to a source of samples."""

from __future__ import annotations

import re
from pathlib import Path

from searchengine.core.errors import DataRefused
from searchengine.data import pictures, videos
from searchengine.data.builtin import BUILTIN
from searchengine.data.csv_table import read_table
from searchengine.data.folder import list_classes
from searchengine.data.image_files import ImageFiles
from searchengine.data.listing import Listing, only
from searchengine.data.manifest import Preparation
from searchengine.data.npz import NpzFile
from searchengine.data.source import Source
from searchengine.data.video_files import VideoFiles


def open_source(name_or_path: str, settings: Preparation) -> Source:
    """A built-in set by name, a folder with a folder per class, an ``.npz`` file, or a ``.csv`` table of
    paths. Raises ``DataRefused``."""
    if name_or_path in BUILTIN:
        return BUILTIN[name_or_path](settings)
    if "\0" in name_or_path or "://" in name_or_path:
        raise DataRefused(
            f"data comes from a folder, an .npz or a .csv file on this machine, got {name_or_path[:80]!r}"
        )
    path = Path(name_or_path)
    if path.is_dir():
        return _open_folder(path.resolve(), settings)
    if path.is_file() and path.suffix.lower() == ".npz":
        return NpzFile(path, slug_of(path), settings)
    if path.is_file() and path.suffix.lower() == ".csv":
        return _open_table(path, settings)
    raise DataRefused(
        f"{name_or_path!r} is no built-in data set ({', '.join(BUILTIN)}), no folder, no .npz and"
        " no .csv file"
    )


def _open_folder(path: Path, settings: Preparation) -> Source:
    known = list_classes(path, pictures.SUFFIXES | videos.SUFFIXES, "image or video")
    if _mostly_videos(known):
        return VideoFiles(list_classes(path, videos.SUFFIXES, "video"), slug_of(path), settings)
    return ImageFiles(list_classes(path, pictures.SUFFIXES, "image"), slug_of(path), settings)


def _open_table(path: Path, settings: Preparation) -> Source:
    listing = only(read_table(path), pictures.SUFFIXES | videos.SUFFIXES, "image or video")
    if _mostly_videos(listing):
        return VideoFiles(only(listing, videos.SUFFIXES, "video"), slug_of(path), settings)
    return ImageFiles(only(listing, pictures.SUFFIXES, "image"), slug_of(path), settings)


def _mostly_videos(listing: Listing) -> bool:
    """Whether most files are videos by their names: then a set holds clips, else images."""
    files = listing.usable()
    return 2 * sum(file.suffix.lower() in videos.SUFFIXES for file in files) > len(files)


def slug_of(path: Path) -> str:
    """A short name for data at ``path``: lower-case letters, digits and dashes."""
    return (
        re.sub(r"[^a-z0-9]+", "-", (path.name if path.is_dir() else path.stem).lower()).strip("-")[:60]
        or "data"
    )
