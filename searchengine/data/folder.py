"""A folder with a folder per class: which files there are, of which class, and which belong together."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused

MOST_FILES = 2_000_000
MOST_CLASSES = 10_000


class Listing(NamedTuple):
    """Files in order of class and path, their class indices (N,), and the rest: (where, reason)."""

    root: Path
    classes: tuple[str, ...]
    files: list[Path]
    labels: NDArray[np.int64]
    ignored: list[tuple[str, str]]


def list_classes(root: Path, suffixes: frozenset[str], kinds: str) -> Listing:
    """Every file below the class folders of ``root`` whose suffix is one of ``suffixes``; ``kinds`` names
    them in messages. Hidden files and links are passed over. Raises ``DataRefused``."""
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
    return Listing(root, classes, files, np.asarray(labels, dtype=np.int64), ignored)


def content_identity(listing: Listing) -> str:
    """Hash of every file's path below the root and its bytes."""
    digest = hashlib.sha256()
    for path in listing.files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{relative(path, listing.root)}\0{content}\n".encode())
    return f"folder {digest.hexdigest()}"


def groups_of(listing: Listing, pattern: str | None) -> Sequence[str] | None:
    """What each file's relative path matches of ``pattern``'s first group; a file without a match is a group
    of its own. Raises ``DataRefused`` when the pattern is none, has no group or matches nothing."""
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise DataRefused(f"the group pattern {pattern!r} is no regular expression: {error}") from None
    if compiled.groups < 1:
        raise DataRefused(f"the group pattern {pattern!r} needs a group in parentheses, as in (person\\d+)")
    paths = [relative(path, listing.root) for path in listing.files]
    matches = [compiled.search(path) for path in paths]
    if not any(matches):
        raise DataRefused(f"the group pattern {pattern!r} matches no path, such as {paths[0]!r}")
    return [match[1] if match else f"\0{path}" for match, path in zip(matches, paths, strict=True)]


def relative(path: Path, root: Path) -> str:
    return printable(path.relative_to(root).as_posix())


def printable(name: str) -> str:
    """A file name as text that UTF-8 can hold."""
    return name.encode("utf-8", "backslashreplace").decode()


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if _shown(path) and path.is_file() and not path.is_symlink():
                yield path


def _shown(path: Path) -> bool:
    return not path.name.startswith(".") and path.name not in ("Thumbs.db", "desktop.ini")
