"""A folder with a folder per class: which files there are, and of which class."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from searchengine.core.errors import DataRefused
from searchengine.data.listing import MOST_CLASSES, MOST_FILES, Listing, printable, relative


def list_classes(root: Path, suffixes: frozenset[str], kinds: str) -> Listing:
    """Every file below the class folders of ``root`` whose suffix is one of ``suffixes``, in order of class
    and path; ``kinds`` names them in messages. Hidden files and links are passed over. Raises
    ``DataRefused``."""
    folders = sorted(
        entry for entry in root.iterdir() if entry.is_dir() and not entry.is_symlink() and _shown(entry)
    )
    if len(folders) < 2:
        raise DataRefused(
            f"{root.name} holds {len(folders)} folders; put the samples of each of at least two classes into"
            " a folder of its own"
        )
    if len(folders) > MOST_CLASSES:
        raise DataRefused(f"{root.name} holds {len(folders)} class folders; at most {MOST_CLASSES} are read")
    classes = tuple(unicodedata.normalize("NFC", printable(folder.name)) for folder in folders)
    if len(set(classes)) < len(classes):
        twice = next(name for name in classes if classes.count(name) > 1)
        raise DataRefused(f"two class folders are called {twice!r}; rename one")
    files: list[Path] = []
    labels: list[int] = []
    ignored: list[tuple[str, str]] = []
    for label, folder in enumerate(folders):
        for path in _files(folder):
            if path.suffix.lower() not in suffixes:
                ignored.append((relative(path, root), f"is no {kinds} by its name"))
                continue
            files.append(path)
            labels.append(label)
            if len(files) > MOST_FILES:
                raise DataRefused(f"{root.name} holds more than {MOST_FILES} files; split it")
    if not files:
        raise DataRefused(
            f"no {kinds} was found in the class folders of {root.name}; known are"
            f" {', '.join(sorted(suffixes))}"
        )
    return Listing("folder", root, root.name, classes, files, np.asarray(labels, dtype=np.int64), ignored)


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if _shown(path) and path.is_file() and not path.is_symlink():
                yield path


def _shown(path: Path) -> bool:
    return not path.name.startswith(".") and path.name not in ("Thumbs.db", "desktop.ini")
