"""Random networks for property tests: directed graphs over every kind, on sequences, images and clips."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.graph import Architecture, checked
from searchengine.architecture.kinds.activation import KEEPS_OUTPUT
from searchengine.architecture.shapes import AXES
from searchengine.core.setting import Setting

SIZES = {"sequence": (2, 9), "image": (3, 8, 7), "clip": (2, 5, 6, 6)}
WIDTHS = st.sampled_from([2, 3, 4, 6, 8])
KERNELS = st.sampled_from([1, 3, 3, 5])


@st.composite
def architectures(draw: st.DrawFn, most_layers: int = 9, resizable: bool | None = None) -> Architecture:
    """A network of up to ``most_layers`` random layers; what nothing reads goes into the head."""
    name = draw(st.sampled_from(list(SIZES)))
    classes = draw(st.integers(1, 5))
    b = Builder(Setting(inputs={name: SIZES[name]}, classes=classes))
    source = b.input(name)
    refs: list[Ref] = []
    unread: dict[str, Ref] = {}

    def add(ref: Ref, *read: Ref) -> None:
        for one in read:
            unread.pop(one.name, None)
        refs.append(ref)
        unread[ref.name] = ref

    add(b.conv(source, draw(WIDTHS), kernel=draw(KERNELS), name="stem"), source)
    if name == "clip" and draw(st.booleans()):
        flow = b.tvl1_flow(source, iterations=3, name="flow")
        add(b.conv(flow, draw(WIDTHS), kernel=draw(KERNELS), name="flow_stem"), flow)
    for number in range(draw(st.integers(0, most_layers))):
        repeat = (number % 3 + 1, 3) if draw(st.booleans()) else None
        with b.scope(draw(st.sampled_from(["a", "b"])) + str(number), repeat=repeat, variant="v"):
            layer = draw(
                st.sampled_from(
                    [
                        "conv",
                        "norm",
                        "activation",
                        "pool",
                        "add",
                        "concat",
                        "dropout",
                        "itgm",
                        "weighted_sum",
                        "multiply",
                    ]
                )
            )
            x = draw(st.sampled_from(refs))
            rank = len(x.shape) - 1
            if layer == "conv":
                groups = draw(st.sampled_from([1, 1, 2, x.channels]))
                if x.channels % groups == 0:
                    channels = x.channels if groups > 1 else draw(WIDTHS)
                    stride = draw(st.sampled_from([1, 1, 2]))
                    bias = draw(st.booleans())
                    kernel = tuple(draw(KERNELS) for _ in range(rank))
                    dilation = tuple(draw(st.sampled_from([1, 1, 2])) for _ in range(rank))
                    if rank == 3 and draw(st.booleans()):  # along time alone
                        kernel, stride = (kernel[0], 1, 1), 1
                    init = draw(st.sampled_from(["", "small"]))
                    add(
                        b.conv(
                            x, channels, kernel=kernel, stride=stride, dilation=dilation, groups=groups,
                            bias=bias, init=init,
                        ),
                        x,
                    )  # fmt: skip
            elif layer == "itgm" and rank == 3:
                kernel = (draw(st.sampled_from([1, 3, 5])), draw(KERNELS), draw(KERNELS))
                profiles = draw(st.integers(1, 4))
                profile = draw(st.sampled_from(["release", "cauchy", "gaussian"]))
                add(b.itgm(x, draw(WIDTHS), kernel=kernel, profiles=profiles, profile=profile), x)
            elif layer == "norm":
                add(b.norm(x, init=draw(st.sampled_from(["", "zero"]))), x)
            elif layer == "activation":
                add(b.activation(x, draw(st.sampled_from(list(KEEPS_OUTPUT)))), x)
            elif layer == "pool":
                op = draw(st.sampled_from(["max", "avg"]))
                kernel = tuple(draw(st.sampled_from([1, 2, 3])) for _ in range(rank))
                if all(k <= size for k, size in zip(kernel, x.shape[1:], strict=True)):
                    stride = draw(st.sampled_from([1, 2]))
                    count = draw(st.booleans())
                    ceil = op == "max" and draw(st.booleans())
                    add(b.pool(x, op, kernel=kernel, stride=stride, count_include_pad=count, ceil=ceil), x)
            elif layer == "add":
                same = [ref for ref in refs if ref.shape == x.shape and ref.name != x.name]
                if same:
                    other = draw(st.sampled_from(same))
                    add(b.add(x, other, average=draw(st.booleans())), x, other)
            elif layer == "weighted_sum":
                same = [ref for ref in refs if ref.shape == x.shape]
                others = draw(st.lists(st.sampled_from(same), max_size=3, unique_by=lambda ref: ref.name))
                read = [x, *(ref for ref in others if ref.name != x.name)]
                add(b.weighted_sum(*read), *read)
            elif layer == "multiply":
                gate = b.activation(b.mean(x, axes=AXES[rank + 1][1:], keepdim=True), "sigmoid")
                add(b.multiply(x, gate), x)
            elif layer == "concat":
                fitting = [ref for ref in refs if ref.shape[1:] == x.shape[1:]]
                others = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=3))
                add(b.concat(x, *others), x, *others)
            elif layer == "dropout":
                add(b.dropout(x, draw(st.sampled_from([0.0, 0.3]))), x)
    features = tuple(unread.values())
    with b.scope("head"):
        by_frame = name == "sequence" and draw(st.booleans())
        means = [
            b.frame_softmax(ref) if by_frame else b.mean(ref, axes=AXES[len(ref.shape)][1:])
            for ref in features
        ]
        y = b.concat(*means) if len(means) > 1 else means[0]
        logits = b.linear(y, classes, init=draw(st.sampled_from(["", "small"])), name="linear")
    fixed = None if resizable or draw(st.booleans()) else "its blocks divide their widths"
    return b.finish(features=features, output=logits, resizable=fixed)


@st.composite
def renamed(draw: st.DrawFn, architecture: Architecture) -> Architecture:
    """The same network with some layers under other names: as if they had been taken out and put in anew."""
    names = {
        node.name: node.name + "_new" if node.kind != "input" and draw(st.booleans()) else node.name
        for node in architecture.nodes
    }
    return checked(
        replace(
            architecture,
            nodes=tuple(
                replace(node, name=names[node.name], inputs=tuple(names[name] for name in node.inputs))
                for node in architecture.nodes
            ),
            output=names[architecture.output],
            features=tuple(names[name] for name in architecture.features),
        )
    )
