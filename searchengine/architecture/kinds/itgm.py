"""Inflated temporal Gaussian mixture: a 3D convolution whose parameters do not grow with its temporal
length."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from searchengine.architecture.costs import FLOAT_BYTES, LayerCost
from searchengine.architecture.kinds.base import Arguments, Kind, Role, strided, take, times
from searchengine.architecture.shapes import Shape, half, per_axis, positive, window_output
from searchengine.core.errors import InfeasibleArchitecture

PROFILES = ("release", "cauchy", "gaussian")


class ITGM(Kind):
    """Parameters ``Cin·Cout·(kh·kw + M) + 2M`` for a temporal length t > 1, ``Cin·Cout·kh·kw`` for t = 1.

    Its multiply-adds are those of a full 3D convolution; building the kernel costs ``Cin·Cout·t·(M + kh·kw)``
    more in each pass. EvaNet (Piergiovanni et al. 2019). Arguments: ``channels``, ``kernel`` (t, kh, kw),
    ``stride`` (1), ``padding`` (k // 2), ``profiles`` (M = 4), ``profile`` (release, cauchy or gaussian).
    """

    name = "itgm"
    role: ClassVar[Role] = "makes"
    layer_module = "searchengine.layers.itgm"
    layer_class = "ITGM"
    inits = ("truncated_he",)
    parameter_group = "weight"

    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        taken = take(
            given, "itgm", channels=..., kernel=..., stride=1, padding=None, profiles=4, profile=PROFILES[0]
        )
        if len(shapes[0]) != 4:
            raise InfeasibleArchitecture(f"itgm needs a clip of shape (C, T, H, W), got {shapes[0]}")
        kernel = per_axis(taken["kernel"], 3, "the kernel of itgm")
        if taken["profile"] not in PROFILES:
            raise InfeasibleArchitecture(
                f"the profile of itgm must be one of {PROFILES}, got {taken['profile']!r}"
            )
        padding = half(kernel) if taken["padding"] is None else taken["padding"]
        return {
            "channels": positive(taken["channels"], "the output channels of itgm"),
            "kernel": kernel,
            "stride": per_axis(taken["stride"], 3, "the stride of itgm"),
            "padding": per_axis(padding, 3, "the padding of itgm", least=0),
            "profiles": positive(taken["profiles"], "the profiles of itgm"),
            "profile": taken["profile"],
        }

    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        a = arguments
        return (a["channels"], *window_output(shapes[0], a["kernel"], a["stride"], a["padding"], "itgm"))

    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        out = self.shape(arguments, shapes)
        (time, height, width), profiles = arguments["kernel"], arguments["profiles"]
        pairs, area = shapes[0][0] * out[0], height * width
        macs = pairs * time * area * prod(out[1:])
        if time == 1:
            return LayerCost(parameters=pairs * area, macs=macs, keeps_inputs=True)
        # Kept besides the input: the built kernel, the mixed profiles tau, the attention, and a few vectors
        # of M or M·t numbers on the way from centers and widths to the profiles.
        values = pairs * (time * area + time + profiles) + 12 * profiles * (time + 1)
        return LayerCost(
            parameters=pairs * (area + profiles) + 2 * profiles,
            macs=macs,
            kernel_macs=pairs * time * (profiles + area),
            keeps_inputs=True,
            kept_bytes_fixed=FLOAT_BYTES * values,
        )

    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        a = arguments
        layer: Arguments = {"in_channels": shapes[0][0], "out_channels": a["channels"], "kernel": a["kernel"]}
        return layer | {name: a[name] for name in ("stride", "padding", "profiles", "profile")}

    def summary(self, arguments: Arguments) -> str:
        return times(arguments["kernel"]) + strided(arguments["stride"])
