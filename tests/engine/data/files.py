"""Real files for tests: pictures, videos and arrays written to a folder."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

CODECS = {"mp4": "libx264", "webm": "libvpx-vp9", "avi": "mpeg4"}


def write_picture(
    path: Path, value: int = 128, size: tuple[int, int] = (12, 10), mode: str = "RGB", seed: int = 0
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    image = Image.new(mode, size, value if mode in ("L", "P", "1") else None)
    if mode in ("RGB", "L"):
        shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
        image = Image.fromarray((rng.integers(0, 64, shape) + value // 2).astype(np.uint8))
    image.save(path)
    return path


def image_folder(root: Path, classes: tuple[str, ...] = ("cat", "dog"), each: int = 6) -> Path:
    for label, name in enumerate(classes):
        for number in range(each):
            write_picture(root / name / f"{number}.png", 40 + 80 * label, seed=number)
    return root


def write_video(
    path: Path, frames: int = 12, size: tuple[int, int] = (32, 24), rate: int = 12, brightness: int = 0
) -> Path:
    """A video whose frame t is grey of 10·t + ``brightness``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(CODECS[path.suffix[1:]], rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for t in range(frames):
            pixels = np.full((size[1], size[0], 3), 10 * t + brightness, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_npz(path: Path, **arrays: NDArray[np.generic] | list[str]) -> Path:
    np.savez_compressed(path, **{name: np.asarray(value) for name, value in arrays.items()})
    return path
