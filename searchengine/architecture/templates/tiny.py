"""The smallest network worth training: two convolutions and a linear layer."""

from __future__ import annotations

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.architecture.shapes import AXES
from searchengine.core.setting import Setting


def tiny(setting: Setting, width: int = 8) -> Architecture:
    """Two times 3×3 convolution, norm, relu, the second after a pool and twice as wide; mean; linear.

    Takes the setting's first input, an image (C, H, W) or a clip (C, T, H, W; kernels are then 3×3×3), of
    side 2 or more. Resizable.
    """
    b = Builder(setting)
    x = b.input(next(iter(setting.inputs)))
    axes = AXES[len(x.shape)][1:]
    for number, channels in enumerate((width, 2 * width), start=1):
        with b.scope(f"block{number}", label=f"block {number}"):
            if number > 1:
                x = b.pool(x, "max", kernel=(1, 2, 2) if len(axes) == 3 else 2, name="pool")
            x = b.conv(x, channels, kernel=3, name="conv")
            x = b.norm(x, name="norm")
            x = b.activation(x, name="relu")
    logits = b.linear(b.mean(x, axes=axes, name="head.mean"), setting.classes, name="head.linear")
    return b.finish(features=(x,), output=logits)
