"""Videos in a folder per class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.core.setting import Modality
from searchengine.data.folder import Listing, content_identity, groups_of, relative
from searchengine.data.image_folder import LARGEST_DEFAULT_SIDE, SMALLEST_DEFAULT_SIDE
from searchengine.data.manifest import Colour, Preparation
from searchengine.data.source import Undecodable
from searchengine.data.videos import UnreadableVideo, read_clip, read_video_header

DEFAULT_FRAMES = 16
_HEADERS = 50


class VideoFolder:
    """Clips of square frames, C 3 or 1; a byte b means b / 255. Without a setting: 16 frames, the median
    shorter side of up to 50 files (at most 64), in colour."""

    modality: Modality = "clips"
    parts: NDArray[np.int8] | None = None
    scale = 1 / 255
    offset = 0.0

    def __init__(self, listing: Listing, slug: str, settings: Preparation) -> None:
        self.slug, self.title = slug, listing.root.name
        self._listing = listing
        self.classes, self.labels = listing.classes, listing.labels
        self.groups = groups_of(listing, settings.group)
        self.mirror_safe = True
        self._colour: Colour = settings.colour or "rgb"
        self._repairs: list[tuple[str, str]] = []
        side = settings.side or self._usual_side()
        frames = settings.frames or DEFAULT_FRAMES
        self.shape: tuple[int, ...] = (3 if self._colour == "rgb" else 1, frames, side, side)

    @cached_property
    def _identity(self) -> str:
        return content_identity(self._listing)

    def identity(self) -> str:
        return self._identity

    def read(self, index: int) -> NDArray[np.uint8]:
        path = self._listing.files[index]
        where = relative(path, self._listing.root)
        try:
            clip = read_clip(path, self.shape[1], self.shape[-1], self._colour)
        except (UnreadableVideo, OSError) as error:
            raise Undecodable(where, str(error)) from error
        if clip.repair:
            self._repairs.append((where, clip.repair))
        return clip.frames

    def remarks(self) -> Sequence[tuple[str, str]]:
        passed_over = [(where, f"{reason}, passed over") for where, reason in self._listing.ignored]
        return passed_over + self._repairs

    def _usual_side(self) -> int:
        files = self._listing.files
        sides = []
        refused = ""
        for path in files[:: max(1, len(files) // _HEADERS)]:
            try:
                header = read_video_header(path)
                sides.append(min(header.width, header.height))
            except (UnreadableVideo, OSError) as error:
                refused = refused or f"{path.name} {error}"
        if not sides:
            raise DataRefused(f"none of the files can be read as a video; the first, {refused}")
        return max(SMALLEST_DEFAULT_SIDE, min(LARGEST_DEFAULT_SIDE, median_low(sides)))
