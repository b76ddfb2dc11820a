"""Where data enters: an image, a clip, a sequence or a vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, take
from searchengine.architecture.shapes import Shape, checked_shape


class Input(Kind):
    """``shape`` is the shape of one sample, channels first. Its channels are the data's: nothing may change
    them."""

    name = "input"
    role: ClassVar[Role] = "makes"
    fewest_inputs = 0
    most_inputs = 0

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(given, "input", shape=...)
        return {"shape": checked_shape(taken["shape"], "the input")}

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        return arguments["shape"]

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost()

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        return {}
