"""Mean over whole axes: global pooling."""

from __future__ import annotations

from collections.abc import Sequence

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, take
from searchengine.architecture.shapes import AXES, Shape, axis_numbers
from searchengine.core.errors import InfeasibleArchitecture


class Mean(Kind):
    """No parameters. Arguments: ``axes`` (names among T, H, W), ``keepdim`` (False: the axes are gone
    after)."""

    name = "mean"
    layer_module = "searchengine.layers.mean"
    layer_class = "Mean"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(given, "mean", axes=..., keepdim=False)
        numbers = axis_numbers(taken["axes"], shapes[0], "mean")
        if 0 in numbers:
            raise InfeasibleArchitecture(
                "a mean over channels is not a layer of this graph; choose among T, H, W"
            )
        keepdim = bool(taken["keepdim"])
        if not keepdim and len(shapes[0]) == 4 and numbers not in ((1,), (2, 3), (1, 2, 3)):
            raise InfeasibleArchitecture(
                "a clip's mean without keepdim goes over T, over H and W, or over all three"
            )
        if not keepdim and len(shapes[0]) == 3 and numbers != (1, 2):
            raise InfeasibleArchitecture("an image's mean without keepdim goes over H and W together")
        return {"axes": tuple(AXES[len(shapes[0])][number] for number in numbers), "keepdim": keepdim}

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        gone = axis_numbers(arguments["axes"], shapes[0], "mean")
        if arguments["keepdim"]:
            return tuple(1 if number in gone else size for number, size in enumerate(shapes[0]))
        return tuple(size for number, size in enumerate(shapes[0]) if number not in gone)

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        return LayerCost()

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        dims = tuple(
            number + 1 for number in axis_numbers(arguments["axes"], shapes[0], "mean")
        )  # the batch is axis 0
        return {"dims": dims, "keepdim": True} if arguments["keepdim"] else {"dims": dims}

    def summary(self, arguments: Arguments) -> str:
        return ",".join(arguments["axes"])
