"""A matrix and a bias on a vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, take
from searchengine.architecture.shapes import Shape, positive
from searchengine.core.errors import InfeasibleArchitecture


class Linear(Kind):
    """Parameters ``Cin·Cout`` and ``Cout`` more with a bias. Arguments: ``channels`` (Cout), ``bias``
    (True)."""

    name = "linear"
    role: ClassVar[Role] = "makes"
    layer_module = "searchengine.layers.linear"
    layer_class = "Linear"
    inits = ("truncated", "small")
    parameter_group = "weight"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(given, "linear", channels=..., bias=True)
        if len(shapes[0]) != 1:
            raise InfeasibleArchitecture(
                f"linear needs a vector, got shape {shapes[0]}; take the mean over the rest"
            )
        return {
            "channels": positive(taken["channels"], "linear's output channels"),
            "bias": bool(taken["bias"]),
        }

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return (arguments["channels"],)

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        weights = shapes[0][0] * arguments["channels"]
        bias = arguments["channels"] * arguments["bias"]
        return LayerCost(parameters=weights + bias, macs=weights, keeps_inputs=True)

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        layer: Arguments = {"in_channels": shapes[0][0], "out_channels": arguments["channels"]}
        return layer if arguments["bias"] else {**layer, "bias": False}
