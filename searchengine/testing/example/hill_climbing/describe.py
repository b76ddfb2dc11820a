"""(genome, setting) → architecture."""

from __future__ import annotations

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.core.jsontext import Json
from searchengine.core.setting import Setting


def describe(genome: Json, setting: Setting) -> Architecture:
    """``depth`` convolutions of 3×3 and ``width`` channels, then the mean and a linear head."""
    builder = Builder(setting)
    x = builder.input("image")
    for place in range(1, genome["depth"] + 1):
        with builder.scope(f"layer{place}"):
            x = builder.conv(x, genome["width"], kernel=3, name="conv")
            x = builder.norm(x, name="norm")
            x = builder.activation(x, "relu", name="relu")
    mean = builder.mean(x, axes=("H", "W"), name="mean")
    scores = builder.linear(mean, setting.classes, bias=True, name="head")
    return builder.finish(features=(x,), output=scores)
