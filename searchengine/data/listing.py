"""Files with their labels, whatever said so: a folder with a folder a class, or a table of paths."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import dumps
from searchengine.data.split import PARTS, UNASSIGNED

MOST_FILES = 2_000_000
MOST_CLASSES = 10_000


@dataclass(frozen=True)
class Listing:
    """N files below ``root`` and what is known of them.

    ``labels`` are class indices (N,), or ones and zeros (N, classes) of type uint8 where a file may have
    several. ``absent`` says of the files that cannot be used why, by their index; ``ignored`` are other files
    that lie about: (where, reason). ``groups`` (N,) names what stays within one part, ``parts`` (N,) the part
    of a file, ``split.UNASSIGNED`` where it is free; None: nothing is said.
    """

    kind: Literal["folder", "table"]
    root: Path
    title: str
    classes: tuple[str, ...]
    files: Sequence[Path]
    labels: NDArray[Any]
    ignored: Sequence[tuple[str, str]] = ()
    absent: dict[int, str] = field(default_factory=dict)
    groups: Sequence[str] | None = None
    parts: NDArray[np.int8] | None = None

    def where(self, index: int) -> str:
        """How messages call a file."""
        return relative(self.files[index], self.root)

    def usable(self) -> list[Path]:
        """The files that are not absent."""
        return [path for index, path in enumerate(self.files) if index not in self.absent]


def only(listing: Listing, suffixes: frozenset[str], kinds: str) -> Listing:
    """The listing in which files of other suffixes are absent; ``kinds`` names these in messages. Raises
    ``DataRefused`` when nothing is left."""
    absent = dict(listing.absent)
    for index, path in enumerate(listing.files):
        if path.suffix.lower() not in suffixes:
            absent.setdefault(index, f"is no {kinds} by its name")
    if len(absent) == len(listing.files):
        raise DataRefused(
            f"none of the {len(absent)} files of {listing.title} can be used; the first,"
            f" {listing.where(0)[:80]}, {absent[0]}"
        )
    return replace(listing, absent=absent)


def content_identity(listing: Listing) -> str:
    """Hash of every file's path below the root and its bytes; of a table also of what it says of each."""
    digest = hashlib.sha256()
    for index, path in enumerate(listing.files):
        content = ""
        if index not in listing.absent:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        facts = (
            f"{listing.where(index)}\0{content}"
            if listing.kind == "folder"
            else _facts(listing, index, content)
        )
        digest.update(f"{facts}\n".encode())
    if listing.kind == "table":
        digest.update(dumps(list(listing.classes)).encode())
    return f"{listing.kind} {digest.hexdigest()}"


def _facts(listing: Listing, index: int, content: str) -> str:
    return dumps(
        [
            listing.where(index),
            content,
            np.flatnonzero(listing.labels[index]).tolist()
            if listing.labels.ndim == 2
            else int(listing.labels[index]),
            listing.groups[index] if listing.groups is not None else None,
            int(listing.parts[index]) if listing.parts is not None else None,
        ]
    )


def groups_of(listing: Listing, pattern: str | None) -> Sequence[str] | None:
    """What must stay within one part: the listing's own groups, or what each file's relative path matches of
    ``pattern``'s first group; a file without a match is a group of its own. Raises ``DataRefused`` when the
    pattern is none, has no group or matches nothing, or when both say so."""
    if pattern is None:
        return listing.groups
    if listing.groups is not None:
        raise DataRefused(f"{listing.title} has a group column already; leave the group pattern away")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise DataRefused(f"the group pattern {pattern!r} is no regular expression: {error}") from None
    if compiled.groups < 1:
        raise DataRefused(f"the group pattern {pattern!r} needs a group in parentheses, as in (person\\d+)")
    paths = [listing.where(index) for index in range(len(listing.files))]
    matches = [compiled.search(path) for path in paths]
    if not any(matches):
        raise DataRefused(f"the group pattern {pattern!r} matches no path, such as {paths[0]!r}")
    found = [None if match is None else match[1] for match in matches]
    return [alone(path) if group is None else group for group, path in zip(found, paths, strict=True)]


def alone(path: str) -> str:
    """The group of a file that belongs to no other."""
    return f"\0{path}"


def is_alone(group: str) -> bool:
    return group.startswith("\0")


def parts_of_groups(parts: NDArray[np.int8] | None, groups: Sequence[str] | None) -> NDArray[np.int8] | None:
    """``parts`` (N,) where free samples follow the rest of their group. Raises ``DataRefused`` when a group
    stands in two parts."""
    if parts is None or groups is None:
        return parts
    part_of: dict[str, int] = {}
    for group, part in zip(groups, parts.tolist(), strict=True):
        if part != UNASSIGNED and part_of.setdefault(group, part) != part:
            raise DataRefused(
                f"the group {group[:80]!r} stands in {PARTS[part_of[group]]} and in {PARTS[part]}; a group"
                " stays within one part"
            )
    return np.array([part_of.get(group, UNASSIGNED) for group in groups], dtype=np.int8)


def relative(path: Path, root: Path) -> str:
    return printable(path.relative_to(root).as_posix())


def printable(name: str) -> str:
    """A file name as text that UTF-8 can hold."""
    return name.encode("utf-8", "backslashreplace").decode()
