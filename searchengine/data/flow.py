"""Optical flow of clips, computed once at preparation: how far every pixel moves from a frame to the next.

Settings decide the bytes that are stored and are part of a set's fingerprint. OpenCV is loaded when flow is
computed, not before: whoever only reads manifests needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import Json
from searchengine.core.setting import SMALLEST_DIS_SIDE

FlowMethod = Literal["farneback", "dis"]
DisPreset = Literal["ultrafast", "fast", "medium"]
FlowName = Literal["auto", "farneback", "dis", "none"]
FLOW_NAMES: tuple[FlowName, ...] = get_args(FlowName)

STEPS = 127
"""Stored values run from -127 to 127; 127 is the largest displacement that is kept."""
LARGEST_FARNEBACK_SIDE = 64
_GREY_WEIGHTS = np.array([0.299, 0.587, 0.114])
_FARNEBACK = ("pyr_scale", "levels", "winsize", "iterations", "poly_n", "poly_sigma")
_DIS = ("preset",)


@dataclass(frozen=True)
class FlowSettings:
    """How optical flow is computed and stored.

    ``clip`` is the largest displacement kept, in pixels a frame. ``preset`` belongs to DIS (dense inverse
    search, Kroeger et al. 2016). The others are Farnebäck's (2003): ``pyr_scale`` and ``levels`` of the image
    pyramid, ``winsize`` of the averaging window in pixels, ``iterations`` a level, ``poly_n`` pixels of the
    neighbourhood that a polynomial is fitted to and ``poly_sigma`` of its Gaussian. Parameters of the method
    that is not used stay as they are. Raises ``DataRefused`` for anything else.
    """

    method: FlowMethod
    clip: int
    pyr_scale: float = 0.5
    levels: int = 1
    winsize: int = 5
    iterations: int = 3
    poly_n: int = 5
    poly_sigma: float = 1.1
    preset: DisPreset = "medium"

    def __post_init__(self) -> None:
        if self.method not in get_args(FlowMethod):
            raise DataRefused(f"optical flow is computed by farneback or dis, got {str(self.method)[:40]!r}")
        _whole("clip", self.clip, 1, 127)
        _number("pyr_scale", self.pyr_scale, 0.1, 0.9)
        _whole("levels", self.levels, 1, 10)
        _whole("winsize", self.winsize, 3, 101)
        _whole("iterations", self.iterations, 1, 100)
        _whole("poly_n", self.poly_n, 3, 15)
        _number("poly_sigma", self.poly_sigma, 0.5, 5.0)
        if self.preset not in get_args(DisPreset):
            raise DataRefused(
                f"the DIS preset must be {' or '.join(get_args(DisPreset))}, got {self.preset!r}"
            )
        foreign = _DIS if self.method == "farneback" else _FARNEBACK
        for one in fields(self):
            if one.name in foreign and getattr(self, one.name) != one.default:
                raise DataRefused(f"{one.name} is no setting of {self.method}; leave it away")

    def to_json(self) -> Json:
        """Method, its own parameters and ``clip``."""
        own = _FARNEBACK if self.method == "farneback" else _DIS
        return {name: value for name, value in asdict(self).items() if name in ("method", "clip", *own)}

    @classmethod
    def from_json(cls, value: Json) -> FlowSettings:
        """Raises ``DataRefused`` when a setting is unknown, missing or out of its range."""
        if not isinstance(value, dict) or not {"method", "clip"} <= value.keys():
            raise DataRefused("flow settings need at least method and clip")
        unknown = value.keys() - {one.name for one in fields(cls)}
        if unknown:
            raise DataRefused(f"unknown flow settings: {', '.join(sorted(map(str, unknown)))[:200]}")
        return cls(**value)

    def refuse_side(self, side: int) -> None:
        """Raises ``DataRefused`` when frames whose shorter side has ``side`` pixels are too small."""
        if self.method == "dis" and side < SMALLEST_DIS_SIDE:
            raise DataRefused(
                f"DIS needs frames of at least {SMALLEST_DIS_SIDE} pixels a side, got {side}; choose"
                " farneback or a greater side"
            )


def flow_settings(name: str, side: int) -> FlowSettings:
    """The usual settings for frames whose shorter side has ``side`` pixels.

    ``name`` is a method, or ``auto``: Farnebäck up to 64 pixels, DIS above. Displacements are kept up to 4
    pixels at sides up to 16, 20 from 224 on, linear between. Raises ``DataRefused``.
    """
    usual: FlowMethod = "farneback" if side <= LARGEST_FARNEBACK_SIDE else "dis"
    methods: dict[str, FlowMethod] = {"auto": usual, "farneback": "farneback", "dis": "dis"}
    if name not in methods:
        raise DataRefused(f"optical flow is {', '.join(methods)}, got {name[:40]!r}")
    settings = FlowSettings(methods[name], clip=round(float(np.interp(side, (16, 224), (4, 20)))))
    settings.refuse_side(side)
    return settings


def clip_flow(frames: NDArray[np.uint8], settings: FlowSettings) -> NDArray[np.int8]:
    """The flow of a clip as it is stored, (2, T, H, W): rightward, then downward displacement.

    ``frames`` are grey bytes (T, H, W), T at least 2. Field t goes from frame t to t + 1; the last repeats
    the one before. A stored s means s × clip / 127 pixels, s / 127 in [-1, 1] for a network. Raises
    ``DataRefused`` when the frames are too small for the method or fewer than two.
    """
    return stored(flow_in_pixels(frames, settings), settings.clip)


def flow_in_pixels(frames: NDArray[np.uint8], settings: FlowSettings) -> NDArray[np.float32]:
    """What ``clip_flow`` stores, before it is cut and rounded."""
    if frames.ndim != 3 or frames.dtype != np.uint8 or len(frames) < 2:
        raise DataRefused(
            f"optical flow needs grey bytes of shape (T, H, W) with at least 2 frames, got {frames.dtype} of"
            f" shape {frames.shape}"
        )
    settings.refuse_side(min(frames.shape[1:]))
    between = _between(settings)
    steady = np.ascontiguousarray(frames)
    pairs = [between(before, after) for before, after in pairwise(steady)]
    return np.stack([*pairs, pairs[-1]]).transpose(3, 0, 1, 2)


def stored(pixels: NDArray[np.floating[Any]], clip: int) -> NDArray[np.int8]:
    """Displacements in pixels as stored bytes: cut to ± ``clip``, which becomes ± 127."""
    return np.rint(np.clip(pixels, -clip, clip) * (STEPS / clip)).astype(np.int8)


def grey(clip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Stored bytes of a clip (C, T, H, W), C 1 or 3, as grey frames (T, H, W)."""
    if clip.shape[0] == 1:
        return clip[0]
    return np.rint(np.tensordot(_GREY_WEIGHTS, clip, axes=1)).astype(np.uint8)


def _between(settings: FlowSettings) -> Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[Any]]:
    """From two frames (H, W) to the displacements (H, W, 2) in pixels, float32."""
    import cv2

    # DIS cuts a frame into as many stripes as there are threads, so its result depends on their number.
    cv2.setNumThreads(1)
    if settings.method == "dis":
        presets: dict[DisPreset, int] = {
            "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
            "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
            "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
        }
        search = cv2.DISOpticalFlow_create(presets[settings.preset])  # type: ignore[attr-defined]
        return lambda before, after: search.calc(before, after, None)
    return lambda before, after: cv2.calcOpticalFlowFarneback(
        before,
        after,
        None,  # type: ignore[call-overload]
        settings.pyr_scale,
        settings.levels,
        settings.winsize,
        settings.iterations,
        settings.poly_n,
        settings.poly_sigma,
        0,
    )


def _whole(label: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise DataRefused(
            f"{label} of optical flow must be a whole number from {low} to {high}, got {value!r}"
        )


def _number(label: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise DataRefused(f"{label} of optical flow must lie between {low} and {high}, got {value!r}")
