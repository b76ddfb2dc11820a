"""Random zeros while training."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from searchengine.architecture.costs import FLOAT_BYTES, LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


class Dropout(Kind):
    """No parameters. Argument: ``rate``, the share of numbers set to zero, in [0, 1)."""

    name = "dropout"
    layer_module = "searchengine.layers.dropout"
    layer_class = "Dropout"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        rate = take(given, "dropout", rate=...)["rate"]
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise InfeasibleArchitecture(f"a dropout's rate must be at least 0 and below 1, got {rate!r}")
        return {"rate": float(rate)}

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return shapes[0]

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        if arguments["rate"] == 0:
            return LayerCost(passes_input=True)
        return LayerCost(kept_bytes=prod(shapes[0]) * FLOAT_BYTES)  # the mask

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {"rate": arguments["rate"]}

    def summary(self, arguments: Arguments) -> str:
        return f"{arguments['rate']:g}"
