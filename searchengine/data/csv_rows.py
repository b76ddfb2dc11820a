"""The rows of a ``.csv`` file as text by column, whatever its bytes are: strict, bounded, in words."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from searchengine.core.errors import DataRefused

MOST_BYTES = 256 * 2**20


class Rows:
    """``columns`` of the header, in small letters, and an iterator over the rows below it."""

    def __init__(self, path: Path, known: Collection[str]) -> None:
        """Reads the header. Raises ``DataRefused`` when the file is too large or no UTF-8 text, or names a
        column twice or one that is not ``known``."""
        self.path = path
        if path.stat().st_size > MOST_BYTES:
            raise DataRefused(
                f"{path.name} has {path.stat().st_size / 2**20:.0f} MiB; tables of at most"
                f" {MOST_BYTES // 2**20} MiB are read"
            )
        self._lines = self._read()
        _, header = next(self._lines, (0, []))
        self.columns = tuple(name.strip().lower() for name in header)
        if not self.columns:
            raise DataRefused(f"{path.name} is empty; the first line names the columns: {', '.join(known)}")
        for name in self.columns:
            if name not in known:
                raise DataRefused(
                    f"{path.name} has a column {name[:40]!r}; known are {', '.join(known)}, parted by commas"
                )
            if self.columns.count(name) > 1:
                raise DataRefused(f"{path.name} has two columns {name!r}")

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line number and text by column; empty lines are passed over. Raises ``DataRefused``."""
        for line, cells in self._lines:
            if len(cells) != len(self.columns):
                raise DataRefused(
                    f"line {line} of {self.path.name} has {len(cells)} fields, the header"
                    f" {len(self.columns)}; put a field that holds a comma into double quotes"
                )
            yield line, dict(zip(self.columns, cells, strict=True))

    def _read(self) -> Iterator[tuple[int, list[str]]]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, strict=True)
                for cells in reader:
                    if any("\0" in cell for cell in cells):
                        raise DataRefused(f"line {reader.line_num} of {self.path.name} holds a NUL byte")
                    if any(cell.strip() for cell in cells):
                        yield reader.line_num, cells
        except UnicodeDecodeError as error:
            raise DataRefused(
                f"{self.path.name} is no UTF-8 text (byte 0x{error.object[error.start]:02x});"
                " save it as UTF-8"
            ) from None
        except csv.Error as error:
            raise DataRefused(
                f"{self.path.name} cannot be read as a table, line {reader.line_num}: {error}"
            ) from None
        except OSError as error:
            raise DataRefused(f"{self.path.name} cannot be opened ({error.strerror})") from error
