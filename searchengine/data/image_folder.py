"""Images in a folder per class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.core.setting import Modality
from searchengine.data.folder import Listing, content_identity, groups_of, relative
from searchengine.data.manifest import Colour, Preparation
from searchengine.data.pictures import Unreadable, read_header, read_picture
from searchengine.data.source import Undecodable

LARGEST_DEFAULT_SIDE = 64
SMALLEST_DEFAULT_SIDE = 8
_HEADERS = 500


class ImageFolder:
    """Square images, C 3 or 1; a byte b means b / 255. Side and colour, where not set, follow the headers of
    up to 500 files spread over the folder: the median shorter side, at most 64, and colour if any has it."""

    modality: Modality = "images"
    parts: NDArray[np.int8] | None = None
    scale = 1 / 255
    offset = 0.0

    def __init__(self, listing: Listing, slug: str, settings: Preparation) -> None:
        if settings.frames is not None:
            raise DataRefused(f"{slug} holds images, which have no frames; leave frames away")
        self.slug, self.title = slug, listing.root.name
        self._listing = listing
        self.classes, self.labels = listing.classes, listing.labels
        self.groups = groups_of(listing, settings.group)
        self.mirror_safe = True
        side, self._colour = sizes_of(listing.files, settings)
        self.shape: tuple[int, ...] = (3 if self._colour == "rgb" else 1, side, side)

    @cached_property
    def _identity(self) -> str:
        return content_identity(self._listing)

    def identity(self) -> str:
        return self._identity

    def read(self, index: int) -> NDArray[np.uint8]:
        path = self._listing.files[index]
        try:
            return read_picture(path, self.shape[-1], self._colour)
        except Unreadable as error:
            raise Undecodable(relative(path, self._listing.root), str(error)) from error

    def remarks(self) -> Sequence[tuple[str, str]]:
        return [(where, f"{reason}, passed over") for where, reason in self._listing.ignored]


def sizes_of(files: Sequence[Path], settings: Preparation) -> tuple[int, Colour]:
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
    shorter = median_low(min(header.width, header.height) for header in headers)
    side = settings.side or max(SMALLEST_DEFAULT_SIDE, min(LARGEST_DEFAULT_SIDE, shorter))
    return side, settings.colour or ("rgb" if any(header.colour for header in headers) else "grey")
