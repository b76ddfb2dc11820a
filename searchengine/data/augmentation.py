"""Augmentation of whole batches of bytes on the device, before they become floating point.

Draws come from the job's numpy generator, a few integers a batch, so they are the same on every device, and
one draw serves a clip and its optical flow alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from searchengine.core.jsontext import Json

FLOW = "flow"
"""The input that holds displacements: channel 0 to the right, channel 1 downwards."""


@dataclass(frozen=True)
class Augmentation:
    """``shift``: pad by that many pixels (the border repeated) and crop back at a random place, one place a
    sample (all frames of a clip together); ``flip``: mirror half the samples left to right, only ever where
    the data is mirror-safe; ``noise``: standard deviation of normal noise on normalised values."""

    shift: int = 0
    flip: bool = False
    noise: float = 0.0

    def to_json(self) -> Json:
        return asdict(self)


def augment(inputs: Mapping[str, Tensor], how: Augmentation, rng: np.random.Generator) -> dict[str, Tensor]:
    """Shifted and mirrored copies of stored ``inputs`` by name, each (B, C, H, W) or (B, C, T, H, W) with the
    same B, H and W. What moved to the right moves to the left in a mirror: flow is negated there too."""
    found = dict(inputs)
    first = next(iter(found.values()))
    if how.shift:
        place = _places(len(first), first.shape[-2], first.shape[-1], how.shift, rng).to(first.device)
        found = {name: _shifted(x, place) for name, x in found.items()}
    if how.flip:
        chosen = torch.from_numpy(np.flatnonzero(rng.random(len(first)) < 0.5)).to(first.device)
        found = {name: x.index_copy(0, chosen, mirrored(x[chosen], name)) for name, x in found.items()}
    return found


def mirrored(x: Tensor, name: str) -> Tensor:
    """``x`` (B, C, ..., W) as a mirror shows it; of ``flow`` the horizontal part changes its sign."""
    turned = x.flip(-1)
    if name == FLOW:
        turned[:, 0].neg_()
    return turned


def _places(count: int, height: int, width: int, most: int, rng: np.random.Generator) -> Tensor:
    """For every sample the pixel (row times width plus column) that each place is filled from, (B, H·W)."""
    rows, columns = (
        np.clip(np.arange(size) + rng.integers(-most, most + 1, size=(count, 1)), 0, size - 1)
        for size in (height, width)
    )
    return torch.from_numpy((rows[:, :, None] * width + columns[:, None, :]).reshape(count, -1))


def _shifted(x: Tensor, place: Tensor) -> Tensor:
    """One index a pixel place, shared by all channels and frames of a sample."""
    flat = x.reshape(len(x), -1, place.shape[1])
    return flat.gather(2, place[:, None].expand(-1, flat.shape[1], -1)).reshape(x.shape)
