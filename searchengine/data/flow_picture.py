"""Optical flow as a picture: hue says where to, strength of the colour says how fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from searchengine.data.flow import STEPS


def flow_colours(flow: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Stored flow (2, H, W) as colours (3, H, W).

    Black stands still. Red goes to the right, then by the angle on the screen: yellow-green down, cyan to
    the left, violet up. The largest displacement that is kept is the full colour.
    """
    return _colours(flow[0] / STEPS, flow[1] / STEPS)


def flow_wheel(side: int) -> NDArray[np.uint8]:
    """The legend (4, side, side), red, green, blue and opacity: every place of the disc shows the colour of
    moving there from its middle."""
    place = (np.arange(side) + 0.5) * 2.0 / side - 1.0
    x, y = np.meshgrid(place, place)
    inside = np.where(np.hypot(x, y) <= 1.0, 255, 0)
    return np.concatenate([_colours(x, y), inside[None].astype(np.uint8)])


def _colours(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Displacements in [-1, 1] as colours (3, ...) of the hue circle, darker the slower."""
    # The root keeps slow motion visible beside the fastest.
    strength = np.sqrt(np.minimum(np.hypot(u, v), 1.0))
    turn = (np.arctan2(v, u) / (2 * np.pi)) % 1.0 * 6.0
    channels = [np.clip(np.abs((turn + shift) % 6.0 - 3.0) - 1.0, 0.0, 1.0) for shift in (0.0, 4.0, 2.0)]
    return np.rint(255.0 * strength * np.stack(channels)).astype(np.uint8)
