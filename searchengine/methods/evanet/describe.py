"""From genome and setting to the layer graph: branches, modules and the two backbones.

Time is switched off in the convolutions of every second repeat (the pools keep theirs), widths are floored
to a multiple of the number of branches, and a (2+1)D convolution goes over time first. Padding is k // 2
everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from searchengine.methods.evanet.genome import Block, Branch, Genome, canonical, is_full, nominal_widths

NOT_RESIZABLE = (
    "a block's width is floored to a multiple of its branches, so widths follow from the genome"
    " and cannot be set freely"
)
MODULES = ("3b", "3c", "4b", "4c", "4d", "4e", "4f", "5b", "5c")
POOLED_BEFORE = {"4b": ((3, 3, 3), (2, 2, 2)), "5b": ((2, 2, 2), (2, 2, 2))}
"""Fixed pools of the full inception-like frame: kernel and stride before a module."""


class Mixture(NamedTuple):
    """What is the same in all networks of a search: profiles M and profile of iTGM, dropout before the
    head."""

    profiles: int = 4
    profile: str = "release"
    dropout: float = 0.5


def describe(genome: Genome, setting: Setting, mixture: Mixture | None = None) -> Architecture:
    """The network of ``genome`` on clips (C, T, H, W). Raises ``InfeasibleArchitecture`` when the clip is
    too small or has other channels than the genome."""
    clip = setting.inputs.get("clip")
    if clip is None:
        raise InfeasibleArchitecture(
            f"EvaNet needs an input named clip, the setting has {', '.join(setting.inputs)}"
        )
    if clip[0] != genome.in_channels:
        raise InfeasibleArchitecture(
            f"the genome is for {genome.in_channels} input channels, the clips have {clip[0]}"
        )
    drawing = _Drawing(Builder(setting), canonical(genome), mixture or Mixture())
    if genome.meta == "resnet":
        x = drawing.residual_backbone()
    elif is_full(genome.meta, len(genome.blocks)):
        x = drawing.inception_frame()
    else:
        x = drawing.small_inception()
    return drawing.head(x, setting.classes)


class _Drawing:
    """One network under construction. Its genome is canonical, so equal keys give equal layers."""

    def __init__(self, builder: Builder, genome: Genome, mixture: Mixture) -> None:
        self.b = builder
        self.genome = genome
        self.mixture = mixture
        self.widths = nominal_widths(genome.meta, genome.width, len(genome.blocks))

    # --- backbones ---------------------------------------------------------------------------------

    def residual_backbone(self) -> Ref:
        genome, full = self.genome, is_full("resnet", len(self.genome.blocks))
        x = self.b.input("clip")
        x = self.stem(x, kernel=7 if full else 3, time_stride=2 if full else 1)
        if full:
            p1 = genome.pool("p1")
            x = self.b.pool(x, "max", kernel=(p1, 3, 3), stride=(2, 2, 2), name="stem_pool")
        for index, block in enumerate(genome.blocks):
            if index:
                x = self.pool_between(x, index)
            for repeat in range(block.repeats):
                x = self.residual_module(x, block, index, repeat)
        return x

    def small_inception(self) -> Ref:
        x = self.stem(self.b.input("clip"), kernel=3, time_stride=1)
        for index, block in enumerate(self.genome.blocks):
            if index:
                x = self.pool_between(x, index)
            x = self.parallel_module(x, block, self.widths[index], f"block{index + 1}", f"block {index + 1}")
        return x

    def inception_frame(self) -> Ref:
        """I3D's frame (Carreira and Zisserman 2017) with searched modules 3b to 5c."""
        width, stem = self.genome.width, self.genome.stem
        x = self.stem(self.b.input("clip"), kernel=7, time_stride=2)
        x = self.b.pool(x, "max", kernel=(1, 3, 3), stride=(1, 2, 2), name="pool2")
        with self.b.scope("stem2", label="stem, second part"):
            x = self.activated(x, width, "reduce")
            x = self.b.norm(self.operation(x, 3 * width, stem.op, stem.t, 3, name="conv"), name="norm")
            x = self.b.activation(x, "relu", name="relu")
        x = self.b.pool(x, "max", kernel=(1, 3, 3), stride=(1, 2, 2), name="pool3")
        for block, channels, module in zip(self.genome.blocks, self.widths, MODULES, strict=True):
            if module in POOLED_BEFORE:
                kernel, stride = POOLED_BEFORE[module]
                x = self.b.pool(x, "max", kernel=kernel, stride=stride, name=f"pool{module[0]}")
            x = self.parallel_module(x, block, channels, f"module{module}", f"module {module}")
        return x

    def stem(self, x: Ref, kernel: int, time_stride: int) -> Ref:
        stem = self.genome.stem
        with self.b.scope("stem", label="stem"):
            x = self.operation(
                x, self.genome.width, stem.op, stem.t, kernel, stride=(time_stride, 2, 2), name="conv"
            )
            x = self.b.norm(x, name="norm")
            return self.b.activation(x, "relu", name="relu")

    def pool_between(self, x: Ref, index: int) -> Ref:
        """The max-pool before block ``index``: its gene's window in time, 2×2 in space, stride (1, 2, 2)."""
        name, t = self.genome.pools[index - 1]
        return self.b.pool(
            x, "max", kernel=(t, 2, 2), stride=(1, 2, 2), padding=(t // 2, 0, 0), name=f"pool{index}_{name}"
        )

    def head(self, features: Ref, classes: int) -> Architecture:
        """Average over (at most two frames, all space), dropout, 1×1×1 convolution with bias, mean over
        time."""
        _, frames, height, width = features.shape
        with self.b.scope("head", label="classifier"):
            window = (min(frames, 2), height, width)
            x = self.b.pool(features, "avg", kernel=window, stride=1, padding=0, name="pool")
            if self.mixture.dropout:
                x = self.b.dropout(x, self.mixture.dropout, name="dropout")
            x = self.b.conv(x, classes, kernel=1, bias=True, name="conv")
            x = self.b.mean(x, axes=("T", "H", "W"), name="mean")
        return self.b.finish(features=(features,), output=x, resizable=NOT_RESIZABLE)

    # --- modules -----------------------------------------------------------------------------------

    def residual_module(self, x: Ref, block: Block, index: int, repeat: int) -> Ref:
        """relu(concat(branches) + shortcut); the shortcut is a projection in the first repeat only."""
        timed = repeat % 2 == 0
        each = self.widths[index] // len(block.branches)
        has_time = any(
            size != 1
            for branch in block.branches
            if branch.kind != "pool"
            for size in (branch.t, branch.t2)
            if size
        )
        time = "timed" if timed and has_time else "untimed"
        variant = f"first, {time}" if repeat == 0 else time
        label = f"block {index + 1}"
        with self.b.scope(
            f"block{index + 1}", repeat=(repeat + 1, block.repeats), variant=variant, label=label
        ):
            branches = [
                self.branch(x, branch, each, place, timed=timed, last_relu=False)
                for place, branch in enumerate(block.branches)
            ]
            y = self.b.concat(*branches, name="concat") if len(branches) > 1 else branches[0]
            shortcut = x
            if repeat == 0:
                with self.b.scope("shortcut", label="shortcut"):
                    shortcut = self.b.norm(self.b.conv(x, y.channels, kernel=1, name="conv"), name="norm")
            return self.b.activation(self.b.add(y, shortcut, name="sum"), "relu", name="relu")

    def parallel_module(self, x: Ref, block: Block, channels: int, name: str, label: str) -> Ref:
        """Branches side by side, each ending in ReLU; no residual."""
        each = channels // len(block.branches)
        with self.b.scope(name, label=label):
            branches = [
                self.branch(x, branch, each, place, timed=True, last_relu=True)
                for place, branch in enumerate(block.branches)
            ]
            return self.b.concat(*branches, name="concat") if len(branches) > 1 else branches[0]

    def branch(
        self, x: Ref, branch: Branch, channels: int, place: int, *, timed: bool, last_relu: bool
    ) -> Ref:
        """One branch of ``channels`` output channels f: bottleneck f // 2 before one convolution, f // 4
        before two."""
        t, t2 = (branch.t or 1, branch.t2 or 1) if timed else (1, 1)
        with self.b.scope(f"branch{place + 1}", label=f"branch {place + 1}"):
            if branch.kind == "pool":
                x = self.b.pool(x, "max", kernel=(branch.t or 1, 3, 3), stride=1, name="pool")
            if branch.kind in ("point", "pool"):
                x = self.b.conv(x, channels, kernel=1, name="conv")
            else:
                middle = channels // 2 if branch.kind == "conv" else channels // 4
                x = self.activated(x, middle, "reduce")
                if branch.kind == "conv2":
                    x = self.operation(x, channels // 2, str(branch.op), t, 3, name="conv")
                    x = self.b.activation(self.b.norm(x, name="conv_norm"), "relu", name="conv_relu")
                    x = self.operation(x, channels, str(branch.op2), t2, 3, name="conv2")
                else:
                    x = self.operation(x, channels, str(branch.op), t, 3, name="conv")
            x = self.b.norm(x, name="norm")
            return self.b.activation(x, "relu", name="relu") if last_relu else x

    # --- layers ------------------------------------------------------------------------------------

    def activated(self, x: Ref, channels: int, name: str) -> Ref:
        """1×1×1 convolution, normalisation, ReLU."""
        x = self.b.conv(x, channels, kernel=1, name=name)
        return self.b.activation(self.b.norm(x, name=f"{name}_norm"), "relu", name=f"{name}_relu")

    def operation(
        self,
        x: Ref,
        channels: int,
        op: str,
        t: int,
        side: int,
        *,
        stride: tuple[int, int, int] = (1, 1, 1),
        name: str,
    ) -> Ref:
        """A space-time convolution of t frames and side × side pixels, without the normalisation behind it.

        iTGM over one frame is a plain convolution: it has no temporal parameters.
        """
        if op == "conv2p1d":
            middle = channels // 2
            x = self.b.conv(x, middle, kernel=(t, 1, 1), stride=(stride[0], 1, 1), name=f"{name}_time")
            x = self.b.activation(self.b.norm(x, name=f"{name}_time_norm"), "relu", name=f"{name}_time_relu")
            return self.b.conv(
                x, channels, kernel=(1, side, side), stride=(1, *stride[1:]), name=f"{name}_space"
            )
        if op == "itgm" and t > 1:
            return self.b.itgm(
                x,
                channels,
                kernel=(t, side, side),
                stride=stride,
                profiles=self.mixture.profiles,
                profile=self.mixture.profile,
                name=name,
            )
        return self.b.conv(x, channels, kernel=(t, side, side), stride=stride, name=name)
