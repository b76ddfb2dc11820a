"""What built-in sets have in common: one size, grey, and classes that a mirror would change."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.core.errors import DataRefused
from searchengine.data.flow import FlowSettings
from searchengine.data.manifest import Preparation


class Fixed:
    """A base that refuses every other size. A set gives ``slug`` and ``shape``."""

    slug: str
    shape: tuple[int, ...]
    groups: Sequence[str] | None = None
    mirror_safe = False
    default_flow: FlowSettings | None = None

    def __init__(self, settings: Preparation) -> None:
        side, clips = self.shape[-1], len(self.shape) == 4
        if settings.side not in (None, side):
            raise DataRefused(
                f"{self.slug} has sides of {side} pixels and no other, got side {settings.side}"
            )
        if settings.frames is not None and not (clips and settings.frames == self.shape[1]):
            raise DataRefused(
                f"{self.slug} has {self.shape[1] if clips else 'no'} frames, got frames {settings.frames}"
            )
        if settings.colour == "rgb":
            raise DataRefused(f"{self.slug} is grey, got colour rgb")

    def remarks(self) -> Sequence[tuple[str, str]]:
        return ()
