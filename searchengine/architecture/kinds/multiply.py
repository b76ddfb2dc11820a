"""The product of two maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


class Multiply(Kind):
    """No parameters and no arguments; two inputs of equal channels, which are tied by it. An axis of one
    place is stretched over the other's, so a map (C, 1, 1) scales channels."""

    name = "multiply"
    role: ClassVar[Role] = "ties"
    fewest_inputs = 2
    most_inputs = 2
    layer_module = "searchengine.layers.multiply"
    layer_class = "Multiply"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return take(given, "multiply")

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        one, other = shapes
        fits = len(one) == len(other) and one[0] == other[0]
        if not fits or any(a != b and 1 not in (a, b) for a, b in zip(one, other, strict=True)):
            raise InfeasibleArchitecture(
                f"what is multiplied must agree in channels, and in every other axis that is not 1, got"
                f" {one} and {other}"
            )
        return tuple(map(max, one, other))

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost(keeps_inputs=True)

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {}
