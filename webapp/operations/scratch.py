"""A folder of one piece of work, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """Under ``var/scratch``, beside the rest of the product's state, never in the machine's ``/tmp``."""
    place = settings.VAR / "scratch"
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
