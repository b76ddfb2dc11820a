"""The pictures that were made of a data set when it was prepared."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from webapp.datasets.models import Dataset

TYPES = {".png": "image/png"}
MOST_CLIPS = 24
SHEET, WHEEL = "sheet.png", "flow-wheel.png"
CLIP, FLOW = "class-", "flow-class-"


class Previews(NamedTuple):
    """File names: the sample sheet and the colours of directions, if there are any, clips that play, and
    the same clips above their optical flow."""

    sheet: str | None
    clips: tuple[str, ...]
    flows: tuple[str, ...] = ()
    wheel: str | None = None


def previews(dataset: Dataset) -> Previews:
    """What there is to see of a data set; reads one folder."""
    names = sorted(_files(dataset), key=lambda name: (len(name), name))
    return Previews(
        sheet=SHEET if SHEET in names else None,
        clips=tuple(name for name in names if name.startswith(CLIP))[:MOST_CLIPS],
        flows=tuple(name for name in names if name.startswith(FLOW))[:MOST_CLIPS],
        wheel=WHEEL if WHEEL in names else None,
    )


def preview_file(dataset: Dataset, name: str) -> Path | None:
    """The file of that name, None where there is none. A name is only ever compared with what lies in the
    folder, so it cannot lead out of it."""
    return _files(dataset).get(name)


def clip_label(name: str, classes: tuple[str, ...]) -> str:
    """What the clips of a file show: ``class-3.png`` shows the class with index 3."""
    index = Path(name).stem.rpartition("-")[2]
    return classes[int(index)] if index.isdecimal() and int(index) < len(classes) else Path(name).stem


def _files(dataset: Dataset) -> dict[str, Path]:
    if not dataset.fingerprint:
        return {}
    folder = Path(settings.VAR) / "data" / dataset.fingerprint / "previews"
    if not folder.is_dir():
        return {}
    return {path.name: path for path in folder.iterdir() if path.suffix in TYPES and path.is_file()}
