"""Convolution over 1, 2 or 3 axes with explicit padding, plain, grouped or depthwise."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, strided, take, times
from searchengine.architecture.shapes import (
    Shape,
    half,
    per_axis,
    positive,
    spatial_rank,
    spread,
    window_output,
)
from searchengine.core.errors import InfeasibleArchitecture


class Conv(Kind):
    """Parameters ``Cin·Cout·prod(kernel)/groups`` and ``Cout`` more with a bias.

    Arguments: ``channels`` (Cout), ``kernel``, ``stride`` (1), ``padding`` (dilation·(k // 2) an axis),
    ``dilation`` (1: no gaps between the kernel's places), ``groups`` (1), ``bias`` (False). With
    ``groups == Cin == Cout`` it is depthwise and keeps its input's channels.
    """

    name = "conv"
    role: ClassVar[Role] = "makes"
    layer_module = "searchengine.layers.conv"
    layer_class = "Conv"
    inits = ("truncated_he", "small", "fan_out")
    parameter_group = "weight"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(
            given, "conv", channels=..., kernel=..., stride=1, padding=None, dilation=1, groups=1, bias=False
        )
        rank = spatial_rank(shapes[0], "a convolution")
        kernel = per_axis(taken["kernel"], rank, "a convolution's kernel")
        dilation = per_axis(taken["dilation"], rank, "a convolution's dilation")
        same = tuple(d * p for d, p in zip(dilation, half(kernel), strict=True))
        padding = same if taken["padding"] is None else taken["padding"]
        arguments: Arguments = {
            "channels": positive(taken["channels"], "a convolution's output channels"),
            "kernel": kernel,
            "stride": per_axis(taken["stride"], rank, "a convolution's stride"),
            "padding": per_axis(padding, rank, "a convolution's padding", least=0),
            "dilation": dilation,
            "groups": positive(taken["groups"], "a convolution's groups"),
            "bias": bool(taken["bias"]),
        }
        width, channels, groups = shapes[0][0], arguments["channels"], arguments["groups"]
        if width % groups or channels % groups:
            raise InfeasibleArchitecture(
                f"a convolution's groups must divide its widths,"
                f" got {groups} groups for {width} → {channels} channels"
            )
        return arguments

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        a = arguments
        reach = spread(a["kernel"], a["dilation"])
        sizes = window_output(shapes[0], reach, a["stride"], a["padding"], "convolution")
        return (a["channels"], *sizes)

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        out = self.shape(arguments, shapes)
        weights = out[0] * shapes[0][0] // arguments["groups"] * prod(arguments["kernel"])
        return LayerCost(
            parameters=weights + out[0] * arguments["bias"], macs=weights * prod(out[1:]), keeps_inputs=True
        )

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        a = arguments
        layer: Arguments = {"in_channels": shapes[0][0], "out_channels": a["channels"], "kernel": a["kernel"]}
        layer |= {"stride": a["stride"], "padding": a["padding"]}
        if set(a["dilation"]) != {1}:
            layer["dilation"] = a["dilation"]
        if a["groups"] > 1:
            layer["groups"] = a["groups"]
        if a["bias"]:
            layer["bias"] = True
        return layer

    def channel_role(self, arguments: Arguments, shapes: Sequence[Shape]) -> Role:
        return "keeps" if _is_depthwise(arguments, shapes) else "makes"

    def divisor(self, arguments: Arguments, shapes: Sequence[Shape]) -> int:
        return 1 if _is_depthwise(arguments, shapes) else arguments["groups"]

    def widened(self, arguments: Arguments, shapes: Sequence[Shape], channels: int | None) -> Arguments:
        if channels is None:  # depthwise: as wide, and in as many groups, as what comes in
            return {**arguments, "channels": shapes[0][0], "groups": shapes[0][0]}
        return {**arguments, "channels": channels}

    def summary(self, arguments: Arguments) -> str:
        groups = f" g{arguments['groups']}" if arguments["groups"] > 1 else ""
        # A dilation along an axis of one place has no effect.
        pairs = zip(arguments["dilation"], arguments["kernel"], strict=True)
        gaps = [gap for gap, places in pairs if places > 1]
        dilated = f" d{gaps[0] if len(set(gaps)) == 1 else times(gaps)}" if set(gaps) - {1} else ""
        return times(arguments["kernel"]) + strided(arguments["stride"]) + dilated + groups


def _is_depthwise(arguments: Arguments, shapes: Sequence[Shape]) -> bool:
    return 1 < arguments["groups"] == shapes[0][0] == arguments["channels"]
