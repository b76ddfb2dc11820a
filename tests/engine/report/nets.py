"""Networks to draw: a space-time one with repeats and branches, and long plain ones."""

from __future__ import annotations

from searchengine.architecture.builder import Builder
from searchengine.architecture.graph import Architecture
from searchengine.core.setting import Setting


def video_network(repeats: tuple[int, ...] = (2, 3), temporal: int = 5) -> Architecture:
    """Blocks of four branches; odd repeats look at ``temporal`` frames, even ones at one."""
    b = Builder(Setting(inputs={"clip": (3, 8, 16, 16)}, classes=8))
    x = b.input("clip")
    with b.scope("stem"):
        x = b.activation(b.norm(b.conv(x, 6, kernel=(3, 1, 1), name="temporal")), "relu")
        x = b.activation(b.norm(b.conv(x, 8, kernel=(1, 3, 3), stride=(1, 2, 2), name="spatial")), "relu")
    for number, of in enumerate(repeats, 1):
        for i in range(1, of + 1):
            timed = i % 2 == 1
            with b.scope(f"block{number}", repeat=(i, of), variant=str(timed), label=f"block {number}"):
                outs = [b.norm(b.conv(x, 4, kernel=(1, 1, 1), name="point"), name="norm")]
                with b.scope("branch1"):
                    y = b.pool(x, "max", kernel=(3, 3, 3), stride=1, name="pool")
                    outs.append(b.norm(b.conv(y, 4, kernel=(1, 1, 1), name="point"), name="norm"))
                with b.scope("branch2"):
                    y = b.conv(x, 2, kernel=(1, 1, 1), name="reduce")
                    y = b.activation(b.norm(y, name="norm1"), "relu")
                    size = (temporal if timed else 1, 3, 3)
                    y = (
                        b.itgm(y, 4, kernel=size, name="conv")
                        if timed
                        else b.conv(y, 4, kernel=size, name="conv")
                    )
                    outs.append(b.norm(y, name="norm"))
                joined = b.concat(*outs, name="concat")
                short = x if x.shape == joined.shape else b.conv(x, 12, kernel=(1, 1, 1), name="shortcut")
                x = b.activation(b.add(joined, short, name="sum"), "relu")
    m = b.mean(x, axes=("T", "H", "W"))
    return b.finish(features=(x,), output=b.linear(b.dropout(m, 0.5), 8, name="head.linear"))


def long_network(layers: int, skip: int = 0) -> Architecture:
    """A chain of convolutions, with an addition from ``skip`` layers earlier at each step where ``skip`` >
    0."""
    b = Builder(Setting(inputs={"image": (4, 8, 8)}, classes=3))
    x = b.input("image")
    seen = [x]
    while sum(1 for _ in seen) < layers - 3:
        x = b.conv(x, 4, kernel=3)
        seen.append(x)
        if skip and len(seen) > skip:
            x = b.add(x, seen[-skip])
            seen.append(x)
    return b.finish(features=(x,), output=b.linear(b.mean(x, axes=("H", "W")), 3))
