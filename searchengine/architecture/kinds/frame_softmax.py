"""Scores of frames to one score: those frames count most that are surest."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from searchengine.architecture.costs import FLOAT_BYTES, LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, take
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


class FrameSoftmax(Kind):
    """No parameters, no arguments: a sequence (C, T) becomes (C,), weighted over time by the softmax of
    itself divided by the root of T, a class at a time. Head of AssembleNet for long clips."""

    name = "frame_softmax"
    layer_module = "searchengine.layers.frame_softmax"
    layer_class = "FrameSoftmax"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        if len(shapes[0]) != 2:
            raise InfeasibleArchitecture(
                f"a softmax over frames needs a sequence (C, T), got shape {shapes[0]};"
                " take the mean over space"
            )
        return take(given, "frame_softmax")

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return (shapes[0][0],)

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost(keeps_inputs=True, kept_bytes=prod(shapes[0]) * FLOAT_BYTES)

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {}
