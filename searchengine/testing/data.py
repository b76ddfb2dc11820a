"""Summaries of tiny data sets, for searches that train nothing."""

from __future__ import annotations

from searchengine.core.errors import EngineError
from searchengine.core.method import Accepts
from searchengine.core.setting import DataSummary

_CLASSES = tuple(f"class {number}" for number in range(8))
_SIZES = {"train": 64, "validation": 32, "test": 32}

TINY_IMAGES = DataSummary("tiny-images", "Tiny images", "1" * 32, "images", (3, 16, 16), _CLASSES, _SIZES)
TINY_CLIPS = DataSummary("tiny-clips", "Tiny clips", "2" * 32, "clips", (1, 8, 16, 16), _CLASSES, _SIZES)
TINY_FLOW = DataSummary(
    "tiny-flow", "Tiny clips, flow", "3" * 32, "clips", (3, 16, 16, 16), _CLASSES, _SIZES, flow=True
)
TINY_SETS = (TINY_IMAGES, TINY_CLIPS, TINY_FLOW)


def tiny_for(accepts: Accepts) -> DataSummary:
    """The first tiny set that is accepted. Raises ``EngineError`` with every refusal when none is."""
    refusals = []
    for data in TINY_SETS:
        refusal = accepts.refusal(data)
        if refusal is None:
            return data
        refusals.append(refusal)
    raise EngineError("no tiny data set fits: " + "; ".join(refusals))
