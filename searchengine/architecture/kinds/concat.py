"""Maps side by side along the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


class Concat(Kind):
    """No parameters, no arguments; inputs agree in every axis but the channels, which are joined in order."""

    name = "concat"
    role: ClassVar[Role] = "joins"
    fewest_inputs = 1
    most_inputs = 10_000
    layer_module = "searchengine.layers.concat"
    layer_class = "Concat"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return take(given, "concat")

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        if len({shape[1:] for shape in shapes}) != 1:
            raise InfeasibleArchitecture(
                f"what is concatenated must agree in all but the channels, got {', '.join(map(str, shapes))}"
            )
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost()

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {}
