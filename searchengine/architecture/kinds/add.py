"""The sum or the mean of maps of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


class Add(Kind):
    """No parameters; two or more inputs of equal shape, whose channels are tied by it. Arguments: ``average``
    (False: the sum; True: the mean)."""

    name = "add"
    role: ClassVar[Role] = "ties"
    fewest_inputs = 2
    most_inputs = 10_000
    layer_module = "searchengine.layers.add"
    layer_class = "Add"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {"average": bool(take(given, "add", average=False)["average"])}

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        if len(set(shapes)) != 1:
            raise InfeasibleArchitecture(
                f"what is added must have one shape, got {', '.join(map(str, shapes))}"
            )
        return shapes[0]

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost()

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {"average": True} if arguments["average"] else {}

    def summary(self, arguments: Arguments) -> str:
        return "mean" if arguments["average"] else ""
