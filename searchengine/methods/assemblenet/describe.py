"""From genome and setting to the layer graph: stems, fusion, blocks of (2+1)D residual modules, head.

Every tensor keeps all frames: temporal resolution is the dilation of the temporal convolutions. The middle
width of a block follows from its level, not from its filters. One logit a connection, in blocks with at least
two inputs; inputs are weighted before those of one channel count share a 1×1 convolution.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from searchengine.methods.assemblenet.genome import DEPTHS, LEVELS, Edge, Genome, Node

NOT_RESIZABLE = (
    "how inputs are fused depends on which of them have equal widths, so widths follow from the genome and"
    " cannot be set freely"
)
FLOW_INPUT = "flow"
GROWTH = 4
"""A block of F filters gives 4F channels."""
LARGEST_FLOW = 4.0
"""The displacement that TV-L1 inside the network gives as 1, in pixels of the clip at full resolution."""


class Template(NamedTuple):
    """What a scale fixes: middle widths and strides of levels 1 to 4, the stem's first convolution (kernel,
    stride), its temporal kernel, and its pool (kernel of RGB stems, kernel of flow stems); pools halve."""

    middle: tuple[int, int, int, int]
    strides: tuple[int, int, int, int]
    stem_kernel: int
    stem_stride: int
    stem_frames: int
    pools: tuple[int, int]


TEMPLATES = {
    "published": Template((64, 128, 256, 512), (1, 2, 2, 2), 7, 2, 5, (3, 2)),
    "small": Template((4, 8, 8, 16), (1, 2, 2, 1), 3, 1, 3, (2, 2)),
}
Scale = Literal["published", "small"]


class Frame(NamedTuple):
    """What is the same in all networks of a search: the scale's name, ``head`` (mean over frames, or a
    softmax over frames of the classifier's outputs), dropout before it, momentum of normalisation (torch's
    meaning), and where flow comes from: the data set, or TV-L1 inside the network."""

    scale: str = "small"
    head: Literal["mean", "frame_softmax"] = "mean"
    dropout: float = 0.0
    norm_momentum: float = 0.1
    flow: Literal["cached", "tvl1"] = "cached"


def describe(genome: Genome, setting: Setting, frame: Frame) -> Architecture:
    """The network of ``genome`` on clips (C, T, H, W) and, for flow from the data set, fields (2, T, H, W).

    Flow from inside has one unit at every resolution, as that of a data set has: what a search learned on
    smaller clips stays true of the final training's.

    Raises ``InfeasibleArchitecture`` when an input is missing or the clips are too small.
    """
    for stream, name in (("rgb", "clip"), ("flow", _flow_source(frame))):
        if any(stem.kind == stream for stem in genome.stems) and name not in setting.inputs:
            raise InfeasibleArchitecture(
                f"a stem reads {stream}, and the data has no {name}; it has {', '.join(setting.inputs)}"
            )
    return _Drawing(Builder(setting), genome, frame, setting.fidelity.resolution).network(setting.classes)


def edge_of(genome: Genome) -> dict[Edge, tuple[str, int]]:
    """Where the logit of each weighted connection lies: the name of its ``weighted_sum`` node, and the
    place in it."""
    found: dict[Edge, tuple[str, int]] = {}
    for block in genome.blocks:
        if len(block.inputs) < 2:
            continue
        for channels, members in _groups(genome, block).items():
            for place, source in enumerate(members):
                found[(source, block.id)] = (f"{node_name(block)}.fuse.gate{channels}", place)
    return {edge: found[edge] for edge in genome.weighted}


def node_name(node: Node) -> str:
    """The scope of a node's layers."""
    return f"{'stem' if node.is_stem else 'block'}{node.id}"


def output_name(genome: Genome, node: Node) -> str:
    """The layer whose output is the node's."""
    if node.is_stem:
        return f"{node_name(node)}.pool"
    return f"{node_name(node)}.r{DEPTHS[genome.depth][node.level - 1]}.relu"


def stem_width(genome: Genome) -> int:
    """Channels of every stem: an equal share of the stems' total, rounded down."""
    return genome.stem_total // len(genome.stems)


def channels_of(genome: Genome, node: Node) -> int:
    return stem_width(genome) if node.is_stem else GROWTH * node.filters


def _groups(genome: Genome, block: Node) -> dict[int, list[int]]:
    """Inputs of a block by their channel count, widest last, so that the sum of all has its width."""
    groups: dict[int, list[int]] = {}
    for source in block.inputs:
        groups.setdefault(channels_of(genome, genome.nodes[source]), []).append(source)
    return dict(sorted(groups.items()))


def _flow_source(frame: Frame) -> str:
    return FLOW_INPUT if frame.flow == "cached" else "clip"


class _Drawing:
    """One network under construction."""

    def __init__(self, builder: Builder, genome: Genome, frame: Frame, shrunk: int) -> None:
        self.b = builder
        self.genome = genome
        self.frame = frame
        self.shrunk = shrunk  # what the clip's sides were divided by
        self.template = TEMPLATES[frame.scale]
        self.outputs: dict[int, Ref] = {}

    def network(self, classes: int) -> Architecture:
        streams = self.streams()
        for node in self.genome.nodes:
            if node.is_stem:
                self.outputs[node.id] = self.stem(streams[node.kind], node)
            else:
                self.outputs[node.id] = self.block(self.fused(node), node)
        last = [self.outputs[node.id] for node in self.genome.at(LEVELS)]
        return self.b.finish(features=last, output=self.head(last, classes), resizable=NOT_RESIZABLE)

    def streams(self) -> dict[str, Ref]:
        """The raw inputs that stems read, each made once."""
        kinds = {stem.kind for stem in self.genome.stems}
        found: dict[str, Ref] = {}
        if "rgb" in kinds or self.frame.flow == "tvl1":
            found["rgb"] = self.b.input("clip")
        if "flow" in kinds and self.frame.flow == "cached":
            found["flow"] = self.b.input(FLOW_INPUT)
        elif "flow" in kinds:
            found["flow"] = self.b.tvl1_flow(found["rgb"], clip=LARGEST_FLOW / self.shrunk, name="tvl1")
        return found

    def stem(self, x: Ref, node: Node) -> Ref:
        """Space convolution, for RGB a temporal one, and a pool that halves; flow has none over time."""
        t, width = self.template, stem_width(self.genome)
        with self.b.scope(node_name(node), label=f"{node.kind} stem {node.id}"):
            k, s = t.stem_kernel, t.stem_stride
            x = self.b.conv(x, width, kernel=(1, k, k), stride=(1, s, s), name="space")
            x = self.activated(x, "space")
            if node.kind == "rgb":
                x = self.temporal(x, width, t.stem_frames, node.dilation, "time")
                x = self.activated(x, "time")
            return self.halved(x, t.pools[node.kind == "flow"], "pool")

    def fused(self, node: Node) -> Ref:
        """The input of a block: one node's output as it is, or the weighted sum of several."""
        inputs = [self.outputs[source] for source in node.inputs]
        if len(inputs) == 1:
            return inputs[0]
        side = min(ref.shape[-1] for ref in inputs), min(ref.shape[-2] for ref in inputs)
        with self.b.scope(f"{node_name(node)}.fuse", label=f"fusion into {node.id}"):
            fitted = {
                source: self.fitted(ref, side[1], side[0], source)
                for source, ref in zip(node.inputs, inputs, strict=True)
            }
            groups = _groups(self.genome, node)
            widest = max(groups)
            parts = []
            for channels, members in groups.items():
                x = self.b.weighted_sum(*(fitted[one] for one in members), name=f"gate{channels}")
                if channels != widest:
                    x = self.b.conv(x, widest, kernel=1, name=f"widen{channels}")
                parts.append(x)
            return self.b.add(*parts, name="sum") if len(parts) > 1 else parts[0]

    def block(self, x: Ref, node: Node) -> Ref:
        count = DEPTHS[self.genome.depth][node.level - 1]
        for index in range(count):
            x = self.module(x, node, index, count)
        return x

    def module(self, x: Ref, node: Node, index: int, count: int) -> Ref:
        """A residual bottleneck; every second one looks along time, with the node's dilation."""
        t, filters = self.template, node.filters
        middle = t.middle[node.level - 1]
        stride = t.strides[node.level - 1] if index == 0 else 1
        variant = "first" if index == 0 else "temporal" if index % 2 else "spatial"
        label = f"block {node.id}, level {node.level}"
        with self.b.scope(node_name(node), repeat=(index + 1, count), variant=variant, label=label):
            shortcut = x
            if index % 2:
                y = self.temporal(x, filters, 3, node.dilation, "reduce")
            else:
                y = self.b.conv(x, filters, kernel=1, name="reduce")
            y = self.activated(y, "reduce")
            y = self.b.conv(y, middle, kernel=(1, 3, 3), stride=(1, stride, stride), name="space")
            y = self.activated(y, "space")
            y = self.b.conv(y, GROWTH * filters, kernel=1, name="expand")
            y = self.norm(y, "expand_norm", init="zero")
            if index == 0:
                shortcut = self.b.conv(
                    x, GROWTH * filters, kernel=1, stride=(1, stride, stride), padding=0, name="shortcut"
                )
                shortcut = self.norm(shortcut, "shortcut_norm")
            return self.b.activation(self.b.add(shortcut, y, name="sum"), "relu", name="relu")

    def head(self, last: list[Ref], classes: int) -> Ref:
        """Mean over space and time and one dense layer; with several blocks on the last level one each, and
        the mean of their logits. With a softmax over frames the dense layer sees every frame."""
        logits = []
        for node, x in zip(self.genome.at(LEVELS), last, strict=True):
            scope = "head" if len(last) == 1 else f"head{node.id}"
            with self.b.scope(scope, label="classifier"):
                by_frame = self.frame.head == "frame_softmax"
                x = self.b.mean(x, axes=("H", "W") if by_frame else ("T", "H", "W"), name="mean")
                if self.frame.dropout:
                    x = self.b.dropout(x, self.frame.dropout, name="dropout")
                if by_frame:
                    x = self.b.conv(x, classes, kernel=1, bias=True, init="small", name="dense")
                    x = self.b.frame_softmax(x, name="frames")
                else:
                    x = self.b.linear(x, classes, init="small", name="dense")
                logits.append(x)
        return self.b.add(*logits, average=True, name="vote") if len(logits) > 1 else logits[0]

    # --- layers ------------------------------------------------------------------------------------

    def temporal(self, x: Ref, channels: int, frames: int, dilation: int, name: str) -> Ref:
        """A convolution over time alone, as long as the clip: zeros outside it."""
        return self.b.conv(
            x,
            channels,
            kernel=(frames, 1, 1),
            dilation=(dilation, 1, 1),
            padding=(dilation * (frames // 2), 0, 0),
            name=name,
        )

    def norm(self, x: Ref, name: str, init: str = "one") -> Ref:
        return self.b.norm(x, momentum=self.frame.norm_momentum, init=init, name=name)

    def activated(self, x: Ref, name: str) -> Ref:
        return self.b.activation(self.norm(x, f"{name}_norm"), "relu", name=f"{name}_relu")

    def halved(self, x: Ref, kernel: int, name: str) -> Ref:
        """A maximum over ``kernel`` × ``kernel`` at every second place: half the side, rounded up, whatever
        the kernel, so that stems of all streams fit together."""
        down, across = ((kernel - 2 + side % 2) // 2 for side in x.shape[-2:])
        return self.b.pool(
            x,
            "max",
            kernel=(1, kernel, kernel),
            stride=(1, 2, 2),
            padding=(0, down, across),
            ceil=True,
            name=name,
        )

    def fitted(self, x: Ref, height: int, width: int, source: int) -> Ref:
        """``x`` shrunk by a maximum to the size of the smallest input; windows do not overlap."""
        down, across = -(-x.shape[-2] // height), -(-x.shape[-1] // width)
        if down == across == 1:
            return x
        missing = (height * down - x.shape[-2], width * across - x.shape[-1])
        return self.b.pool(
            x,
            "max",
            kernel=(1, down, across),
            padding=(0, missing[0] // 2, missing[1] // 2),
            ceil=True,
            name=f"fit{source}",
        )
