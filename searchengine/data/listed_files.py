"""What samples that lie in files have in common, be they images or videos."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from searchengine.data.flow import FlowSettings
from searchengine.data.listing import Listing, content_identity, groups_of, parts_of_groups
from searchengine.data.manifest import Preparation
from searchengine.data.source import Undecodable

LARGEST_DEFAULT_SIDE = 64
SMALLEST_DEFAULT_SIDE = 8


class Unusable(Exception):
    """One file cannot be decoded; the message says why."""


class ListedFiles(ABC):
    """The files of a listing, one sample each; a byte b means b / 255."""

    mirror_safe = True
    scale = 1 / 255
    offset = 0.0
    default_flow: FlowSettings | None = None

    def __init__(self, listing: Listing, slug: str, settings: Preparation) -> None:
        self.slug, self.title = slug, listing.title
        self.classes, self.labels = listing.classes, listing.labels
        self.groups = groups_of(listing, settings.group)
        self.parts = parts_of_groups(listing.parts, self.groups)
        self._listing = listing
        self._repairs: list[tuple[str, str]] = []

    @abstractmethod
    def _decode(self, path: Path) -> tuple[NDArray[np.uint8], str]:
        """The sample, and what was repaired to get it (empty: nothing). Raises ``Unusable``."""

    @cached_property
    def _identity(self) -> str:
        return content_identity(self._listing)

    def identity(self) -> str:
        return self._identity

    def read(self, index: int) -> NDArray[np.uint8]:
        where = self._listing.where(index)
        if index in self._listing.absent:
            raise Undecodable(where, self._listing.absent[index])
        try:
            sample, repair = self._decode(self._listing.files[index])
        except Unusable as error:
            raise Undecodable(where, str(error)) from error
        if repair:
            self._repairs.append((where, repair))
        return sample

    def remarks(self) -> Sequence[tuple[str, str]]:
        passed_over = [(where, f"{reason}, passed over") for where, reason in self._listing.ignored]
        return passed_over + self._repairs


def default_side(shorter: int) -> int:
    """The side that is taken when nobody says one, of files whose usual shorter side is ``shorter``."""
    return max(SMALLEST_DEFAULT_SIDE, min(LARGEST_DEFAULT_SIDE, shorter))
