"""A function of every number on its own."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture

KEEPS_OUTPUT = {"relu": True, "silu": False, "gelu": False, "sigmoid": True}
"""Functions there are; True where the derivative is computed from the output, False where from the input."""


class Activation(Kind):
    """No parameters. Argument: ``function``, one of relu, silu, gelu, sigmoid."""

    name = "activation"
    layer_module = "searchengine.layers.activation"
    layer_class = "Activation"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(given, "activation", function="relu")
        if taken["function"] not in KEEPS_OUTPUT:
            raise InfeasibleArchitecture(
                f"an activation's function must be one of {', '.join(KEEPS_OUTPUT)},"
                f" got {taken['function']!r}"
            )
        return taken

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return shapes[0]

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        keeps_output = KEEPS_OUTPUT[arguments["function"]]
        return LayerCost(keeps_inputs=not keeps_output, keeps_output=keeps_output)

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {"function": arguments["function"]}

    def summary(self, arguments: Arguments) -> str:
        return arguments["function"]
