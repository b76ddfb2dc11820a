"""A table of paths: which files there are, with one or several labels each. Nothing outside the table's own
folder is ever looked at."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.data.csv_rows import Rows
from searchengine.data.listing import MOST_CLASSES, MOST_FILES, Listing, alone, is_alone
from searchengine.data.split import PARTS, UNASSIGNED

COLUMNS = ("path", "label", "labels", "group", "part")
MOST_NAME = 200
MOST_PATH = 1000
_FOREIGN = re.compile(r"[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://")
"""Drive letters and addresses: they are relative here, and nobody means that."""
MOST_MARKS = 2**29
"""Rows times classes of a table with several labels a row: so many bytes are kept of it in memory."""


def read_table(path: Path) -> Listing:
    """The rows of a ``.csv`` file in UTF-8, its columns parted by commas and named by the first line.

    ``path`` is relative to the table's folder. ``label`` names one class, or ``labels`` any number of them,
    parted by semicolons. ``group`` (what stays within one part) and ``part`` (train, validation or test) may
    be missing or empty. A file that is not there is absent from the listing; everything else that is wrong
    raises ``DataRefused`` with its line.
    """
    root = path.parent.resolve()
    rows = Rows(path, COLUMNS)
    several = _check_columns(rows)
    files: list[Path] = []
    seen: set[Path] = set()
    absent: dict[int, str] = {}
    labels: list[tuple[str, ...]] = []
    groups: list[str] = []
    parts: list[int] = []
    for line, row in rows:
        where, index = f"line {line} of {path.name}", len(labels)
        file = _file(row["path"], root, where)
        target, why = _looked_up(file, root, where)
        if target in seen:
            raise DataRefused(f"{where} names {row['path'][:80]!r} a second time; name each file once")
        seen.add(target)
        files.append(file)
        if why:
            absent[index] = why
        labels.append(_several(row["labels"], where) if several else (_one(row["label"], where),))
        groups.append(_name(row.get("group", ""), "group", where) or alone(row["path"]))
        parts.append(_part(row.get("part", ""), where))
        if len(labels) > MOST_FILES:
            raise DataRefused(f"{path.name} has more than {MOST_FILES} rows; split it")
    if not labels:
        raise DataRefused(f"{path.name} has a header and no rows")
    classes = tuple(sorted({name for names in labels for name in names}))
    if len(classes) > MOST_CLASSES:
        raise DataRefused(f"{path.name} names {len(classes)} classes; at most {MOST_CLASSES} are read")
    return Listing(
        kind="table",
        root=root,
        title=path.name,
        classes=classes,
        files=files,
        labels=_marks(labels, classes, path.name) if several else _indices(labels, classes),
        absent=absent,
        groups=groups if any(not is_alone(group) for group in groups) else None,
        parts=np.asarray(parts, dtype=np.int8) if set(parts) != {UNASSIGNED} else None,
    )


def _check_columns(rows: Rows) -> bool:
    """Whether rows have several labels."""
    if "path" not in rows.columns:
        raise DataRefused(f"{rows.path.name} has no column path; the first line names the columns")
    if ("label" in rows.columns) == ("labels" in rows.columns):
        raise DataRefused(
            f"{rows.path.name} needs either a column label (one class a row) or a column labels (several,"
            " parted by semicolons)"
        )
    return "labels" in rows.columns


def _file(text: str, root: Path, where: str) -> Path:
    """The file that a cell names, still to be looked for. Raises ``DataRefused`` when it is not below
    ``root`` by its name."""
    text = text.strip()
    if not text:
        raise DataRefused(f"{where} has no path")
    if len(text) > MOST_PATH or _has_controls(text):
        raise DataRefused(f"{where}: a path has at most {MOST_PATH} characters and no control characters")
    if "\\" in text:
        raise DataRefused(f"{where}: write / between folders, got {text[:80]!r}")
    named = PurePosixPath(text)
    if named.is_absolute() or ".." in named.parts or not named.parts or _FOREIGN.match(text):
        raise DataRefused(
            f"{where}: a path is relative to the table's folder and stays below it, got {text[:80]!r}"
        )
    return root / named


def _looked_up(file: Path, root: Path, where: str) -> tuple[Path, str]:
    """The file without links, and why it cannot be used (empty: it is there). Raises ``DataRefused`` when a
    link leads out."""
    try:
        target = file.resolve()
        why = "" if file.is_file() else "is no file" if file.exists() else "is not there"
    except (OSError, RuntimeError, ValueError) as error:
        return file, f"cannot be found ({type(error).__name__})"
    if not target.is_relative_to(root):
        raise DataRefused(
            f"{where}: {file.relative_to(root).as_posix()[:80]!r} leads out of the table's folder by a link;"
            " copy the file into it"
        )
    return target, why


def _one(text: str, where: str) -> str:
    name = _name(text, "label", where)
    if not name:
        raise DataRefused(f"{where} has no label; a row of several or none needs the column labels")
    return name


def _several(text: str, where: str) -> tuple[str, ...]:
    names = (_name(piece, "label", where) for piece in text.split(";"))
    return tuple(dict.fromkeys(name for name in names if name))


def _name(text: str, what: str, where: str) -> str:
    """A label or group as it is kept: text and nothing else, in one Unicode form."""
    name = unicodedata.normalize("NFC", text.strip())
    if len(name) > MOST_NAME or _has_controls(name):
        raise DataRefused(f"{where}: a {what} has at most {MOST_NAME} characters and no control characters")
    return name


def _part(text: str, where: str) -> int:
    name = text.strip().lower()
    if name and name not in PARTS:
        raise DataRefused(f"{where}: a part is {', '.join(PARTS)} or empty, got {text[:40]!r}")
    return PARTS.index(name) if name else UNASSIGNED


def _indices(labels: Sequence[tuple[str, ...]], classes: tuple[str, ...]) -> NDArray[np.int64]:
    place = {name: index for index, name in enumerate(classes)}
    return np.array([place[name] for (name,) in labels], dtype=np.int64)


def _marks(labels: Sequence[tuple[str, ...]], classes: tuple[str, ...], name: str) -> NDArray[np.uint8]:
    """Ones and zeros (N, classes)."""
    if len(labels) * len(classes) > MOST_MARKS:
        raise DataRefused(
            f"{name} has {len(labels)} rows with any of {len(classes)} labels; at most"
            f" {MOST_MARKS // 10**6} million pairs of them are kept"
        )
    place = {name: index for index, name in enumerate(classes)}
    marks = np.zeros((len(labels), len(classes)), dtype=np.uint8)
    for row, names in enumerate(labels):
        marks[row, [place[one] for one in names]] = 1
    return marks


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(sign) == "Cc" for sign in text)
