"""Images in files, listed by a folder or a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.core.setting import Modality
from searchengine.data.listed_files import ListedFiles, Unusable, default_side
from searchengine.data.listing import Listing
from searchengine.data.manifest import Colour, Preparation
from searchengine.data.pictures import Unreadable, read_header, read_picture

_HEADERS = 500


class ImageFiles(ListedFiles):
    """Square images, C 3 or 1. Side and colour, where not set, follow the headers of up to 500 files spread
    over the listing: the median shorter side, at most 64, and colour if any has it."""

    modality: Modality = "images"

    def __init__(self, listing: Listing, slug: str, settings: Preparation) -> None:
        if settings.frames is not None:
            raise DataRefused(f"{slug} holds images, which have no frames; leave frames away")
        super().__init__(listing, slug, settings)
        side, self._colour = _sizes(listing.usable(), settings)
        self.shape: tuple[int, ...] = (3 if self._colour == "rgb" else 1, side, side)

    def _decode(self, path: Path) -> tuple[NDArray[np.uint8], str]:
        try:
            return read_picture(path, self.shape[-1], self._colour), ""
        except Unreadable as error:
            raise Unusable(str(error)) from error


def _sizes(files: Sequence[Path], settings: Preparation) -> tuple[int, Colour]:
    """Side and colour that ``settings`` leave open. Raises ``DataRefused`` when no header can be read."""
    if settings.side is not None and settings.colour is not None:
        return settings.side, settings.colour
    headers = []
    refused = ""
    for path in files[:: max(1, len(files) // _HEADERS)]:
        try:
            headers.append(read_header(path))
        except Unreadable as error:
            refused = refused or f"{path.name} {error}"
    if not headers:
        raise DataRefused(f"none of the files can be read as a picture; the first, {refused}")
    side = settings.side or default_side(median_low(min(one.width, one.height) for one in headers))
    return side, settings.colour or ("rgb" if any(header.colour for header in headers) else "grey")
