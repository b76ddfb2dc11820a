"""Front-end files that come inside Python packages, one by one: nothing else of a package is served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage

FILES = {"plotly/plotly.min.js": ("dash", "dcc/plotly.min.js")}
"""Address below the static root → package and file in it. Dash brings the very build of Plotly that its own pages load, so
a browser fetches it once for both."""


class PackageFileFinder(BaseFinder):
    """Finds what ``FILES`` names and nothing else."""

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        """The file of that address; an empty list where it is none of ours."""
        found = _place(path) if path in FILES else None
        if found is None:
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Every file with a storage whose root holds it under its own name and whose prefix is the address's folder."""
        for address in FILES:
            found = _place(address)
            if found is not None:
                storage = FileSystemStorage(location=str(found.parent))
                storage.prefix = str(Path(address).parent)  # type: ignore[attr-defined]
                yield found.name, storage


def _place(address: str) -> Path | None:
    package, inside = FILES[address]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / inside
    return path if path.is_file() else None
