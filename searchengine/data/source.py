"""What a reader offers the preparation: labelled samples, decoded one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from searchengine.core.setting import Modality
from searchengine.data.flow import FlowSettings


class Undecodable(Exception):
    """One sample cannot be decoded: ``where`` names it, ``reason`` says why. The others go on."""

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(f"{where}: {reason}")


class Source(Protocol):
    """Raw data, opened and checked as far as headers go.

    ``shape`` is that of one sample, (C, H, W) or (C, T, H, W); ``labels`` are class indices of shape (N,), or
    where a sample may have several labels ones and zeros (N, classes) of type uint8; ``parts`` gives samples
    whose part is fixed by the data (``split.UNASSIGNED`` where it is free; None: all free); ``groups`` names
    what must stay together. A stored byte b means b × ``scale`` + ``offset``. ``default_flow`` is the optical
    flow that is computed when nobody says otherwise.
    """

    slug: str
    title: str
    modality: Modality
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    mirror_safe: bool
    scale: float
    offset: float
    default_flow: FlowSettings | None

    @property
    def labels(self) -> NDArray[np.int64] | NDArray[np.uint8]: ...

    @property
    def parts(self) -> NDArray[np.int8] | None: ...

    @property
    def groups(self) -> Sequence[str] | None: ...

    def identity(self) -> str:
        """Hash of the content: equal bytes, equal identity, whatever the path is called."""
        ...

    def read(self, index: int) -> NDArray[np.uint8]:
        """Sample ``index``, of ``shape``. Raises ``Undecodable``."""
        ...

    def remarks(self) -> Sequence[tuple[str, str]]:
        """Samples that were used with a repair (a short clip padded): (where, what was done)."""
        ...
