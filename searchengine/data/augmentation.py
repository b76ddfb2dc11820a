"""Augmentation of whole batches of bytes on the device, before they become floating point.

Draws come from the job's numpy generator, a few integers a batch, so they are the same on every device.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor

from searchengine.core.jsontext import Json


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


def augment(x: Tensor, how: Augmentation, rng: np.random.Generator) -> Tensor:
    """Shifted and mirrored copy of bytes ``x``, (B, C, H, W) or (B, C, T, H, W)."""
    if how.shift:
        x = _shifted(x, how.shift, rng)
    if how.flip:
        chosen = torch.from_numpy(np.flatnonzero(rng.random(len(x)) < 0.5)).to(x.device)
        x = x.index_copy(0, chosen, x[chosen].flip(-1))
    return x


def _shifted(x: Tensor, most: int, rng: np.random.Generator) -> Tensor:
    count, height, width = x.shape[0], x.shape[-2], x.shape[-1]
    rows, columns = (
        np.clip(np.arange(size) + rng.integers(-most, most + 1, size=(count, 1)), 0, size - 1)
        for size in (height, width)
    )
    # One index a pixel place, shared by all channels and frames of a sample.
    place = torch.from_numpy(rows[:, :, None] * width + columns[:, None, :]).to(x.device)
    flat = x.reshape(count, -1, height * width)
    index = place.reshape(count, 1, -1).expand(-1, flat.shape[1], -1)
    return flat.gather(2, index).reshape(x.shape)
