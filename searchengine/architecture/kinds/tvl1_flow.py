"""Optical flow inside a network: one-scale TV-L1 between neighbouring frames."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, take
from searchengine.architecture.shapes import Shape, positive
from searchengine.core.errors import InfeasibleArchitecture

_A_STEP = 24
"""Multiplications a pixel in one iteration, about: residual, data step, divergence, two dual updates."""


class TVL1Flow(Kind):
    """A clip (C, T, H, W) becomes its flow (2, T, H, W), to the right and downwards; no parameters, no
    gradient. Its multiplications are listed as kernels, not as multiply-adds. Arguments: ``iterations`` (40),
    ``clip`` (4.0: the displacement in pixels that becomes 1)."""

    name = "tvl1_flow"
    role: ClassVar[Role] = "makes"
    layer_module = "searchengine.layers.tvl1_flow"
    layer_class = "TVL1Flow"
    fixed_width = "flow has two channels, to the right and downwards"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(given, "tvl1_flow", iterations=40, clip=4.0)
        if len(shapes[0]) != 4:
            raise InfeasibleArchitecture(f"flow needs a clip of shape (C, T, H, W), got {shapes[0]}")
        if shapes[0][1] < 2:
            raise InfeasibleArchitecture(f"flow needs at least 2 frames, got {shapes[0][1]}")
        clip = float(taken["clip"])
        if not 0 < clip <= 1000:
            raise InfeasibleArchitecture(f"the largest flow must be above 0 and at most 1000, got {clip}")
        return {"iterations": positive(taken["iterations"], "the iterations of flow"), "clip": clip}

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return (2, *shapes[0][1:])

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        steps = _A_STEP * arguments["iterations"]
        return LayerCost(kernel_macs=steps * prod(shapes[0][1:]), stops_gradient=True)

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return dict(arguments)

    def widened(self, arguments: Arguments, shapes: Sequence[Shape], channels: int | None) -> Arguments:
        return arguments

    def summary(self, arguments: Arguments) -> str:
        return f"{arguments['iterations']} iterations"
