"""Batch normalisation over channels."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.architecture.costs import FLOAT_BYTES, LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


class Norm(Kind):
    """Parameters ``2·C``. Ioffe and Szegedy 2015. Arguments: ``eps`` (1e-5), ``momentum`` (0.1, torch's
    meaning)."""

    name = "norm"
    layer_module = "searchengine.layers.norm"
    layer_class = "Norm"
    inits = ("one", "zero")
    parameter_group = "norm"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(given, "norm", eps=1e-5, momentum=0.1)
        eps, momentum = float(taken["eps"]), float(taken["momentum"])
        if not 0 < eps <= 1 or not 0 < momentum <= 1:
            raise InfeasibleArchitecture(f"norm needs eps and momentum in (0, 1], got {eps} and {momentum}")
        return {"eps": eps, "momentum": momentum}

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return shapes[0]

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        channels = shapes[0][0]
        # The batch's mean and inverse deviation are kept beside the input.
        return LayerCost(
            parameters=2 * channels, keeps_inputs=True, kept_bytes_fixed=2 * channels * FLOAT_BYTES
        )

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        layer: Arguments = {"channels": shapes[0][0]}
        if arguments != {"eps": 1e-5, "momentum": 0.1}:
            layer |= arguments
        return layer
