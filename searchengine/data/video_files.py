"""Videos in files, listed by a folder or a table."""

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
from searchengine.data.videos import UnreadableVideo, read_clip, read_video_header

DEFAULT_FRAMES = 16
_HEADERS = 50


class VideoFiles(ListedFiles):
    """Clips of square frames, C 3 or 1. Without a setting: 16 frames, the median shorter side of up to 50
    files (at most 64), in colour."""

    modality: Modality = "clips"

    def __init__(self, listing: Listing, slug: str, settings: Preparation) -> None:
        super().__init__(listing, slug, settings)
        self._colour: Colour = settings.colour or "rgb"
        side = settings.side or _usual_side(listing.usable())
        frames = settings.frames or DEFAULT_FRAMES
        self.shape: tuple[int, ...] = (3 if self._colour == "rgb" else 1, frames, side, side)

    def _decode(self, path: Path) -> tuple[NDArray[np.uint8], str]:
        try:
            clip = read_clip(path, self.shape[1], self.shape[-1], self._colour)
        except (UnreadableVideo, OSError) as error:
            raise Unusable(str(error)) from error
        return clip.frames, clip.repair


def _usual_side(files: Sequence[Path]) -> int:
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
    return default_side(median_low(sides))
