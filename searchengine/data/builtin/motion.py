"""Eight ways for a digit to move over a torus."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

TORUS = 16
FRAMES = 8

# Displacement (dx, dy) of the digit at frame t, in pixels; x grows to the right, y downwards.
MOTIONS: dict[str, Callable[[int], tuple[int, int]]] = {
    "right": lambda t: (t, 0),
    "left": lambda t: (-t, 0),
    "down": lambda t: (0, t),
    "up": lambda t: (0, -t),
    "right then left": lambda t: (t if t < 4 else 7 - t, 0),
    "left then right": lambda t: (-t if t < 4 else t - 7, 0),
    "slow right": lambda t: (t // 2, 0),
    "slow left": lambda t: (-(t // 2), 0),
}


def moving(image: NDArray[np.uint8], motion: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Frames (T, 16, 16) of a digit (8, 8) with values 0 to 16, shown as 0 to 1; it starts at a uniformly
    random place, so that in every single frame any place is as likely, whatever the motion."""
    ground = np.zeros((TORUS, TORUS), dtype=np.float32)
    ground[:8, :8] = image / 16.0
    x, y = rng.integers(0, TORUS, size=2)
    displacements = [MOTIONS[motion](t) for t in range(FRAMES)]
    return np.stack([np.roll(ground, (int(y) + dy, int(x) + dx), axis=(0, 1)) for dx, dy in displacements])


def noisy_bytes(
    clean: NDArray[np.float32], noise: float, scale: float, offset: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """``clean`` under N(0, ``noise``), as bytes b that mean b × ``scale`` + ``offset``; the rest is cut."""
    noisy = clean + rng.normal(0.0, noise, size=clean.shape).astype(np.float32)
    return np.clip(np.rint((noisy - offset) / scale), 0, 255).astype(np.uint8)
