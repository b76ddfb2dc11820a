"""A small set of clips that trains in a second: a bright bar that moves right, left, down or up."""

from pathlib import Path

import numpy as np

from searchengine.data.manifest import Manifest
from searchengine.data.prepare import prepare

COUNT, FRAMES, SIDE = 160, 8, 8


def moving_bars(folder: Path) -> Manifest:
    """160 clips 1×8×8×8 of 4 classes, prepared in ``folder/data``. One frame says nothing about the class
    pair."""
    rng = np.random.default_rng(0)
    x = rng.normal(60, 20, (COUNT, 1, FRAMES, SIDE, SIDE))
    y = np.arange(COUNT) % 4
    for index, label in enumerate(y):
        start = int(rng.integers(SIDE))
        for t in range(FRAMES):
            place = (start + (t if label in (0, 2) else -t)) % SIDE
            at = (index, 0, t, slice(None), place) if label < 2 else (index, 0, t, place, slice(None))
            x[at] += 120
    np.savez(folder / "bars.npz", x=x.clip(0, 255).astype(np.uint8), y=y)
    return prepare(str(folder / "bars.npz"), folder / "data")
