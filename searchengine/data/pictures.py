"""One picture to bytes (C, side, side): an allow-list of decoders, the header checked before anything is
decoded."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from searchengine.data.manifest import Colour

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
MOST_PIXELS = 50_000_000
_GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "F"})


class Header(NamedTuple):
    """Width and height in pixels, and whether the picture has colour."""

    width: int
    height: int
    colour: bool


class Unreadable(Exception):
    """A file is no picture we read; the message says why."""


def read_header(path: Path) -> Header:
    """Size and colour without decoding. Raises ``Unreadable``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=FORMATS) as image:
                return _checked(image)
        except Unreadable:
            raise
        except (
            Exception
        ) as error:  # decoders meet hostile bytes: whatever they raise, it is this file's fault
            raise Unreadable(_in_words(error)) from error


def read_picture(path: Path, side: int, colour: Colour) -> NDArray[np.uint8]:
    """The picture as (C, side, side): turned as its camera says, the middle square, resized. Only the first
    frame of an animation. Transparent parts are black, 16-bit values keep their upper 8 bits. Raises
    ``Unreadable``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=FORMATS) as image:
                _checked(image)
                if image.format == "JPEG":
                    image.draft(None, (2 * side, 2 * side))
                image.load()
                return squared(_eight_bit(ImageOps.exif_transpose(image)), side, colour)
        except Unreadable:
            raise
        except Exception as error:
            raise Unreadable(_in_words(error)) from error


def squared(image: Image.Image, side: int, colour: Colour) -> NDArray[np.uint8]:
    """The middle square of an 8-bit picture, resized to (C, side, side)."""
    image = image.convert("RGB" if colour == "rgb" else "L")
    if image.size != (side, side):
        image = ImageOps.fit(image, (side, side), Image.Resampling.BILINEAR)
    pixels = np.asarray(image, dtype=np.uint8)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)) if colour == "rgb" else pixels[None]


def _checked(image: Image.Image) -> Header:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise Unreadable(f"claims {width}×{height} pixels; at most {MOST_PIXELS // 10**6} million are read")
    if min(width, height) < 1:
        raise Unreadable(f"has {width}×{height} pixels")
    return Header(width, height, image.mode not in _GREY_MODES)


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise Unreadable("holds floating point values; store 8 or 16 bits a channel")
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64)
        if values.max(initial=0) > 255:
            values >>= 8
        return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (0, 0, 0, 255))
        return Image.alpha_composite(ground, image).convert("RGB")
    return image


def _in_words(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return f"claims far more pixels than the {MOST_PIXELS // 10**6} million that are read"
    if isinstance(error, Image.UnidentifiedImageError):
        return "is no PNG, JPEG, BMP, GIF, WebP, TIFF or PPM picture"
    return f"cannot be decoded ({type(error).__name__}: {str(error)[:120]})"
