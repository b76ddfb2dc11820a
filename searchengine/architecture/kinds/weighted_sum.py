"""A sum of maps, each as strong as it learned to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from searchengine.architecture.costs import FLOAT_BYTES, LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


class WeightedSum(Kind):
    """One logit an input: ``n`` parameters, in the group ``connection``. No arguments; inputs of one shape,
    whose channels are tied by it. Connection weights of AssembleNet (Ryoo et al. 2020)."""

    name = "weighted_sum"
    role: ClassVar[Role] = "ties"
    most_inputs = 10_000
    layer_module = "searchengine.layers.weighted_sum"
    layer_class = "WeightedSum"
    inits = ("near_zero",)
    parameter_group = "connection"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return take(given, "weighted_sum")

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        if len(set(shapes)) != 1:
            raise InfeasibleArchitecture(
                f"what is weighted and added must have one shape, got {', '.join(map(str, shapes))}"
            )
        return shapes[0]

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        # The weights are kept beside the inputs.
        return LayerCost(
            parameters=len(shapes), keeps_inputs=True, kept_bytes_fixed=FLOAT_BYTES * len(shapes)
        )

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {"inputs": len(shapes)}
