"""A short recorded NSE search with real training (the rehearsed one stands in ``nse.jsonl``). After a change
that is meant to alter history, record it anew and say why:

    python -m tests.golden.nse record
"""

from pathlib import Path

import numpy as np

from searchengine.core.jsontext import Json
from searchengine.data.prepare import prepare
from searchengine.driver import make_plan
from searchengine.driver.folder import RunFolder
from tests.golden import short_search

TRAINED = Path(__file__).parent / "nse_trained.json"
SEED = 20
COUNT, SIDE = 160, 8
SHORT = {
    "cells": "NRN", "channels": [4, 6], "tail": 8, "subset_size": 3, "rounds": 2, "candidates": 10,
    "guards": 2, "paths_a_job": 6, "round_steps": 24, "batch": 16, "warmup": 2, "gate_every": 2,
    "calibration_batches": 2, "finalists": 2, "final_steps": 20, "final_batch": 16,
    "band_low": 6.0, "band_high": 60.0, "target": 20.0, "guard_width": 2.0,
}  # fmt: skip
"""Thousands of multiply-adds."""


def trained(folder: Path) -> Json:
    """The search on images of bars, in float32; besides, the gates that every round learned: of every cell
    (op, probability) of what training left."""
    found = prepare(str(_bars(folder)), folder / "data")
    plan = make_plan("nse", found.summary, seed=SEED, values=SHORT, window=2)
    births = short_search.trained(plan, folder)
    progress = RunFolder(folder / "run", read_only=True).progress["history"]
    return {**births, "gates": [one["gates"] for one in progress]}


def _bars(folder: Path) -> Path:
    """160 images 1×8×8 of 4 classes: a bright bar upright or level, in one half or the other."""
    rng = np.random.default_rng(0)
    x = rng.normal(60, 20, (COUNT, 1, SIDE, SIDE))
    y = np.arange(COUNT) % 4
    for index, label in enumerate(y):
        place = int(rng.integers(SIDE // 2)) + (SIDE // 2 if label % 2 else 0)
        if label < 2:
            x[index, 0, :, place] += 120
        else:
            x[index, 0, place, :] += 120
    np.savez(folder / "bars.npz", x=x.clip(0, 255).astype(np.uint8), y=y)
    return folder / "bars.npz"


if __name__ == "__main__":
    short_search.recorder(__doc__, trained, TRAINED)
