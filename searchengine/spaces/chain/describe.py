"""A chain as an architecture: each block convolution, norm, activation and perhaps a pool; then a linear
head."""

from __future__ import annotations

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json
from searchengine.core.setting import Setting


def describe(genome: Json, setting: Setting) -> Architecture:
    """The network of ``genome``: input (C, H, W), output one number a class. Raises
    ``InfeasibleArchitecture``.

    The fidelity's ``channels`` divides the widths, to at least 1.
    """
    builder = Builder(setting)
    x = builder.input("image")
    for place, block in enumerate(genome["blocks"], start=1):
        width = max(1, block["channels"] // setting.fidelity.channels)
        with builder.scope(f"block{place}", label=f"block {place}"):
            x = builder.conv(x, width, kernel=block["kernel"], stride=block["stride"], name="conv")
            x = builder.norm(x, name="norm")
            x = builder.activation(x, block["activation"], name="activation")
            if block["pool"]:
                x = builder.pool(x, "max", kernel=2, stride=2, name="pool")
    features = x
    with builder.scope("head", label="head"):
        mean = builder.mean(features, axes=("H", "W"), name="mean")
        scores = builder.linear(mean, setting.classes, bias=True, name="linear")
    return builder.finish(features=(features,), output=scores)
