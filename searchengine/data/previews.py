"""Small pictures of a prepared set: a sheet of training samples a class, and for clips a looping animation
each, with their optical flow where there is some."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from searchengine.core.setting import DataSummary
from searchengine.data.classes import members_of
from searchengine.data.flow_picture import flow_colours, flow_wheel

PER_CLASS = 8
CLIPS_PER_CLASS = 4
MOST_CLASSES = 32
_TILE = 64
_GAP = 4
_WHEEL = 128
_GROUND = (24, 24, 27)
_FRAME_MILLISECONDS = 125


def write_previews(folder: Path, summary: DataSummary) -> None:
    """Write ``previews/`` of a set's folder from its training part.

    ``sheet.png``: a row a class (the first 32), eight samples a row; of clips the middle frame. A sample with
    several labels stands in the row of each. ``class-<index>.png``: for clips an animated PNG of four samples
    side by side, looping. With optical flow ``flow-class-<index>.png``, the same four with their flow below,
    and ``flow-wheel.png``, which colour is which direction.
    """
    previews = folder / "previews"
    previews.mkdir()
    x = np.load(folder / "train.x.npy", mmap_mode="r")
    y = np.load(folder / "train.y.npy")
    flow = np.load(folder / "train.flow.npy", mmap_mode="r") if summary.flow else None
    stretch = _stretch(x)
    rows = []
    for label in range(min(len(summary.classes), MOST_CLASSES)):
        members = members_of(y, label)[:PER_CLASS]
        samples = [stretch[x[index]] for index in members]
        if summary.modality == "clips":
            clips = samples[:CLIPS_PER_CLASS]
            _write_animation(previews / f"class-{label}.png", [clips])
            if flow is not None:
                fields = [_coloured(flow[index]) for index in members[:CLIPS_PER_CLASS]]
                _write_animation(previews / f"flow-class-{label}.png", [clips, fields])
            samples = [sample[:, sample.shape[1] // 2] for sample in samples]
        rows.append([_tile(sample) for sample in samples])
    _sheet(rows).save(previews / "sheet.png", optimize=True)
    if flow is not None:
        wheel = Image.fromarray(np.ascontiguousarray(flow_wheel(_WHEEL).transpose(1, 2, 0)))
        wheel.save(previews / "flow-wheel.png", optimize=True)


def _stretch(x: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A table from stored bytes to grey values that uses the whole range (digits hold 0 to 16 only)."""
    block = x[: min(len(x), 256)]
    low, high = int(block.min()), int(block.max())
    values = (np.arange(256, dtype=np.float64) - low) * 255.0 / max(high - low, 1)
    return np.clip(values, 0, 255).astype(np.uint8)


def _coloured(flow: NDArray[np.int8]) -> NDArray[np.uint8]:
    """A clip's flow (2, T, H, W) as a colour clip (3, T, H, W)."""
    return np.stack([flow_colours(flow[:, t]) for t in range(flow.shape[1])], axis=1)


def _tile(sample: NDArray[np.uint8]) -> Image.Image:
    """An image (C, H, W) as an RGB tile; small ones are enlarged without smoothing."""
    channels = sample if sample.shape[0] == 3 else np.repeat(sample[:1], 3, axis=0)
    image = Image.fromarray(np.ascontiguousarray(channels.transpose(1, 2, 0)))
    smooth = max(image.size) > _TILE
    return image.resize((_TILE, _TILE), Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST)


def _sheet(rows: list[list[Image.Image]]) -> Image.Image:
    step = _TILE + _GAP
    sheet = Image.new("RGB", (PER_CLASS * step + _GAP, len(rows) * step + _GAP), _GROUND)
    _lay(sheet, rows, _GAP)
    return sheet


def _write_animation(path: Path, rows: list[list[NDArray[np.uint8]]]) -> None:
    """Rows of clips (C, T, H, W) as one looping picture."""
    if not rows[0]:
        return
    frames = [
        _grid([[_tile(sample[:, t]) for sample in row] for row in rows]) for t in range(rows[0][0].shape[1])
    ]
    frames[0].save(
        path, format="PNG", save_all=True, append_images=frames[1:], duration=_FRAME_MILLISECONDS, loop=0
    )


def _grid(rows: list[list[Image.Image]]) -> Image.Image:
    step = _TILE + _GAP
    grid = Image.new("RGB", (len(rows[0]) * step - _GAP, len(rows) * step - _GAP), _GROUND)
    _lay(grid, rows, 0)
    return grid


def _lay(ground: Image.Image, rows: list[list[Image.Image]], margin: int) -> None:
    step = _TILE + _GAP
    for row, tiles in enumerate(rows):
        for column, tile in enumerate(tiles):
            ground.paste(tile, (margin + column * step, margin + row * step))
