"""I3D, the inflated Inception network for clips."""

from __future__ import annotations

from typing import Literal, NamedTuple

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting

Operation = Literal["conv3d", "itgm"]


class Module(NamedTuple):
    """Widths of an Inception module: 1×1×1; 1×1×1 then 3×3×3; the same, narrower; pool then 1×1×1."""

    name: str
    point: int
    before_wide: int
    wide: int
    before_narrow: int
    narrow: int
    pooled: int


MODULES: tuple[Module, ...] = (
    Module("m3b", 64, 96, 128, 16, 32, 32),
    Module("m3c", 128, 128, 192, 32, 96, 64),
    Module("m4b", 192, 96, 208, 16, 48, 64),
    Module("m4c", 160, 112, 224, 24, 64, 64),
    Module("m4d", 128, 128, 256, 24, 64, 64),
    Module("m4e", 112, 144, 288, 32, 64, 64),
    Module("m4f", 256, 160, 320, 32, 128, 128),
    Module("m5b", 256, 160, 320, 32, 128, 128),
    Module("m5c", 384, 192, 384, 48, 128, 128),
)
POOL_BEFORE: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "m3b": ((1, 3, 3), (1, 2, 2)),
    "m4b": ((3, 3, 3), (2, 2, 2)),
    "m5b": ((2, 2, 2), (2, 2, 2)),
}


def i3d(
    setting: Setting, operation: Operation = "conv3d", width: int = 64, dropout: float = 0.5
) -> Architecture:
    """I3D (Carreira and Zisserman, CVPR 2017) over the setting's input ``clip``, (C, T, H, W).

    Convolutions have no bias and a norm and relu behind them; the head averages windows of at most two
    frames, classifies each with a 1×1×1 convolution with bias, and averages over time. ``operation`` itgm
    turns the 7×7×7 and every 3×3×3 convolution into an iTGM layer of the same size (EvaNet's layer).
    ``width`` is that of the stem, 64 in the paper; all others shrink with it. With 3 input channels and
    400 classes: 12,697,264 parameters, 7,484,368 with itgm. Not for clips below 32×32 pixels or 9 frames.
    """
    if operation not in ("conv3d", "itgm"):
        raise InfeasibleArchitecture(f"the operation of I3D must be conv3d or itgm, got {operation!r}")
    b = Builder(setting)

    def unit(x: Ref, channels: int, kernel: int, name: str, stride: int = 1) -> Ref:
        channels = max(channels * width // 64, 1)
        with b.scope(name):
            layer = b.itgm if operation == "itgm" and kernel > 1 else b.conv
            x = layer(x, channels, kernel=(kernel,) * 3, stride=stride, name="conv")
            return b.activation(b.norm(x, name="norm"), name="relu")

    x = unit(b.input("clip"), 64, 7, "stem1", stride=2)
    x = b.pool(x, "max", kernel=(1, 3, 3), stride=(1, 2, 2), name="stem_pool")
    x = unit(unit(x, 64, 1, "stem2"), 192, 3, "stem3")
    for module in MODULES:
        if module.name in POOL_BEFORE:
            kernel, stride = POOL_BEFORE[module.name]
            x = b.pool(x, "max", kernel=kernel, stride=stride, name=f"pool_{module.name}")
        with b.scope(module.name, label=module.name[1:]):
            point = unit(x, module.point, 1, "point")
            wide = unit(unit(x, module.before_wide, 1, "before_wide"), module.wide, 3, "wide")
            narrow = unit(unit(x, module.before_narrow, 1, "before_narrow"), module.narrow, 3, "narrow")
            pooled = b.pool(x, "max", kernel=(3, 3, 3), stride=1, name="pool")
            x = b.concat(point, wide, narrow, unit(pooled, module.pooled, 1, "pooled"), name="concat")
    with b.scope("head"):
        _, frames, height, across = x.shape
        y = b.pool(x, "avg", kernel=(min(frames, 2), height, across), stride=1, padding=0, name="pool")
        y = b.dropout(y, dropout, name="dropout")
        y = b.conv(y, setting.classes, kernel=1, bias=True, name="conv")
        logits = b.mean(y, axes=("T", "H", "W"), name="mean")
    return b.finish(features=(x,), output=logits)
