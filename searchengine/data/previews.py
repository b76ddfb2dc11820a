"""Small pictures of a prepared set: a sheet of training samples a class, and for clips a looping animation
each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from searchengine.core.setting import DataSummary

PER_CLASS = 8
MOST_CLASSES = 32
_TILE = 64
_GAP = 4
_FRAME_MILLISECONDS = 125


def write_previews(folder: Path, summary: DataSummary) -> None:
    """Write ``previews/`` of a set's folder from its training part.

    ``sheet.png``: a row a class (the first 32), eight samples a row; of clips the middle frame.
    ``class-<index>.png``: for clips an animated PNG of four samples side by side, looping.
    """
    previews = folder / "previews"
    previews.mkdir()
    x = np.load(folder / "train.x.npy", mmap_mode="r")
    y = np.load(folder / "train.y.npy")
    stretch = _stretch(x)
    rows = []
    for label in range(min(len(summary.classes), MOST_CLASSES)):
        members = np.flatnonzero(y == label)[:PER_CLASS]
        samples = [stretch[x[index]] for index in members]
        if summary.modality == "clips":
            _write_animation(previews / f"class-{label}.png", samples[:4])
            samples = [sample[:, sample.shape[1] // 2] for sample in samples]
        rows.append([_tile(sample) for sample in samples])
    _sheet(rows).save(previews / "sheet.png", optimize=True)


def _stretch(x: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A table from stored bytes to grey values that uses the whole range (digits hold 0 to 16 only)."""
    block = x[: min(len(x), 256)]
    low, high = int(block.min()), int(block.max())
    values = (np.arange(256, dtype=np.float64) - low) * 255.0 / max(high - low, 1)
    return np.clip(values, 0, 255).astype(np.uint8)


def _tile(sample: NDArray[np.uint8]) -> Image.Image:
    """An image (C, H, W) as an RGB tile; small ones are enlarged without smoothing."""
    channels = sample if sample.shape[0] == 3 else np.repeat(sample[:1], 3, axis=0)
    image = Image.fromarray(np.ascontiguousarray(channels.transpose(1, 2, 0)))
    smooth = max(image.size) > _TILE
    return image.resize((_TILE, _TILE), Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST)


def _sheet(rows: list[list[Image.Image]]) -> Image.Image:
    step = _TILE + _GAP
    sheet = Image.new("RGB", (PER_CLASS * step + _GAP, len(rows) * step + _GAP), (24, 24, 27))
    for row, tiles in enumerate(rows):
        for column, tile in enumerate(tiles):
            sheet.paste(tile, (_GAP + column * step, _GAP + row * step))
    return sheet


def _write_animation(path: Path, samples: list[NDArray[np.uint8]]) -> None:
    frames = [
        _strip([_tile(sample[:, t]) for sample in samples])
        for t in range(samples[0].shape[1] if samples else 0)
    ]
    if frames:
        frames[0].save(
            path, format="PNG", save_all=True, append_images=frames[1:], duration=_FRAME_MILLISECONDS, loop=0
        )


def _strip(tiles: list[Image.Image]) -> Image.Image:
    step = _TILE + _GAP
    strip = Image.new("RGB", (len(tiles) * step - _GAP, _TILE), (24, 24, 27))
    for column, tile in enumerate(tiles):
        strip.paste(tile, (column * step, 0))
    return strip
