"""Maximum or average over a sliding window."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from searchengine.architecture.costs import FLOAT_BYTES, INDEX_BYTES, LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, strided, take, times
from searchengine.architecture.shapes import Shape, half_if_odd, per_axis, spatial_rank, window_output
from searchengine.core.errors import InfeasibleArchitecture

_ALONG_TIME = {"kernel": 1, "stride": 1, "padding": 0}  # what the first of two steps does along time: nothing


class Pool(Kind):
    """No parameters. Arguments: ``op`` (max, avg), ``kernel``, ``stride`` (the kernel), ``padding`` (k //
    2 for odd windows, 0 for even), ``count_include_pad`` (False; only an average asks), ``ceil`` (False: a
    partial window at the end is left out; only a maximum may count it)."""

    name = "pool"
    layer_module = "searchengine.layers.pool"
    layer_class = "Pool"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(
            given, "pool", op=..., kernel=..., stride=None, padding=None, count_include_pad=False, ceil=False
        )
        if taken["op"] not in ("max", "avg"):
            raise InfeasibleArchitecture(f"pooling must be max or avg, got {taken['op']!r}")
        rank = spatial_rank(shapes[0], "pooling")
        kernel = per_axis(taken["kernel"], rank, "a pool's kernel")
        stride = kernel if taken["stride"] is None else taken["stride"]
        padding = half_if_odd(kernel) if taken["padding"] is None else taken["padding"]
        padding = per_axis(padding, rank, "a pool's padding", least=0)
        if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
            raise InfeasibleArchitecture(
                f"a pool's padding may be at most half its kernel, got {padding} for {kernel}"
            )
        if taken["ceil"] and taken["op"] != "max":
            raise InfeasibleArchitecture(
                "only a maximum may count a partial last window, since an average over fewer values is"
                " another thing; leave ceil away"
            )
        return {
            "op": taken["op"],
            "kernel": kernel,
            "stride": per_axis(stride, rank, "a pool's stride"),
            "padding": padding,
            "count_include_pad": bool(taken["count_include_pad"]) and taken["op"] == "avg",
            "ceil": bool(taken["ceil"]),
        }

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        a = arguments
        sizes = window_output(shapes[0], a["kernel"], a["stride"], a["padding"], "pooling", ceil=a["ceil"])
        return (shapes[0][0], *sizes)

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        if arguments["op"] == "avg":
            return LayerCost(keeps_inputs=True)
        kept = prod(self.shape(arguments, shapes)) * INDEX_BYTES
        if in_two_steps(arguments["kernel"]):
            # Space first, then time: the maps between the steps and the first step's indices are kept too.
            space = {name: (least, *arguments[name][1:]) for name, least in _ALONG_TIME.items()}
            kept += prod(self.shape({**arguments, **space}, shapes)) * (FLOAT_BYTES + INDEX_BYTES)
        if not _copies(arguments, shapes[0]):
            return LayerCost(keeps_inputs=True, kept_bytes=kept)
        return LayerCost(kept_bytes=kept + prod(shapes[0]) * FLOAT_BYTES)

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        layer = {name: arguments[name] for name in ("op", "kernel", "stride", "padding")}
        for name in ("count_include_pad", "ceil"):
            if arguments[name]:
                layer[name] = True
        return layer

    def summary(self, arguments: Arguments) -> str:
        return f"{arguments['op']} {times(arguments['kernel'])}{strided(arguments['stride'])}"


def in_two_steps(kernel: Sequence[int]) -> bool:
    """Whether a maximum over this window is computed over space and then over time (the layer does the
    same)."""
    return len(kernel) == 3 and kernel[0] > 1 and prod(kernel[1:]) > 1


def _copies(arguments: Arguments, shape: Shape) -> bool:
    """Whether the layer puts the channels innermost first: it then keeps that copy of its input, not the
    input."""
    overlaps = len(shape) > 2 and prod(arguments["kernel"]) > prod(arguments["stride"])
    return overlaps and shape[0] > 1 and prod(shape[1:]) > 1
