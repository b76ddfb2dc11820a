"""(path, setting) → architecture: stem, cells of parallel branches, tail.

A branch stands in the scope ``cell<c>.op<id>``, by the op's id and not by its place, so the weights of a path
are a subset of those of any supernet that holds its ops.
"""

from __future__ import annotations

from searchengine.architecture.builder import Builder, Ref
from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting
from searchengine.methods.nse.ops import Op
from searchengine.methods.nse.skeleton import STEM_KERNEL, Skeleton
from searchengine.methods.nse.subset import Cells


def describe(skeleton: Skeleton, path: Cells, setting: Setting, dropout: float = 0.0) -> Architecture:
    """The network of ``path`` on images. An empty cell passes its input on; the branches of a cell are
    averaged, in an N cell together with the cell's input. Raises ``InfeasibleArchitecture``."""
    if "image" not in setting.inputs:
        raise InfeasibleArchitecture(
            f"NSE reads images, the setting has {', '.join(setting.inputs) or 'none'}"
        )
    b = Builder(setting)
    image = b.input("image")
    with b.scope("stem"):
        x = b.conv(
            image, skeleton.channels[0], kernel=STEM_KERNEL, stride=skeleton.stem_stride,
            name="conv", init="fan_out",
        )  # fmt: skip
        x = b.activation(b.norm(x, name="norm"), name="relu")
    stage = 0
    for cell, (kind, ops) in enumerate(zip(skeleton.cells, path, strict=True)):
        stage += kind != "N"
        x = _cell(b, cell, kind, x, skeleton.channels[stage], [(op, skeleton.ops[op]) for op in ops])
    features = x
    with b.scope("tail"):
        x = b.conv(x, skeleton.tail, kernel=1, name="conv", init="fan_out")
        x = b.norm(x, name="norm") if skeleton.tail_norm else x
        x = b.activation(x, name="relu")
        x = b.mean(x, axes=("H", "W"), name="pool")
        x = b.dropout(x, dropout, name="dropout") if dropout else x
        x = b.linear(x, setting.classes, name="classifier")
    return b.finish(features=(features,), output=x)


def _cell(b: Builder, cell: int, kind: str, x: Ref, out: int, ops: list[tuple[int, Op]]) -> Ref:
    if not ops:
        if kind != "N":
            raise InfeasibleArchitecture(f"cell {cell} ({kind}) changes shape and needs at least one op")
        return x
    with b.scope(f"cell{cell}", label=f"cell {cell} ({kind})"):
        branches = [x] if kind == "N" else []
        for number, op in ops:
            with b.scope(f"op{number}", label=op.label):
                branches.append(_branch(b, x, out, op, 2 if kind == "R" else 1))
        return b.add(*branches, average=True, name="mean") if len(branches) > 1 else branches[0]


def _branch(b: Builder, x: Ref, out: int, op: Op, stride: int) -> Ref:
    hidden = x.channels * op.expansion
    k, inner, outer = op.kernel, op.groups[0], op.groups[1]
    x = _step(b, x, hidden, "expand", kernel=1, groups=inner)
    if op.kind == "mb":
        x = _step(
            b, x, hidden, "depthwise", kernel=k, stride=stride, dilation=op.dilation, padding=op.padding,
            groups=hidden,
        )  # fmt: skip
    elif op.kind == "rec":
        x = _step(b, x, hidden, "row", kernel=(1, k), stride=(1, stride))
        x = _step(b, x, hidden, "column", kernel=(k, 1), stride=(stride, 1))
    else:
        for number in range(op.convs):
            last = number == op.convs - 1
            x = _step(b, x, hidden, f"dense{number}", kernel=k, stride=stride if last else 1)
    if op.excited:
        x = _excited(b, x, op.squeezed(x.channels // op.expansion))
    return _step(b, x, out, "project", kernel=1, groups=outer, relu=False)


def _excited(b: Builder, x: Ref, squeezed: int) -> Ref:
    """Every channel times a gate made from the means of all."""
    gate = b.mean(x, axes=("H", "W"), keepdim=True, name="squeeze")
    gate = b.conv(gate, squeezed, kernel=1, bias=True, name="reduce", init="fan_out")
    gate = b.activation(gate, name="reduce_relu")
    gate = b.conv(gate, x.channels, kernel=1, bias=True, name="restore", init="fan_out")
    return b.multiply(x, b.activation(gate, "sigmoid", name="gate"), name="excite")


def _step(b: Builder, x: Ref, channels: int, name: str, *, relu: bool = True, **sizes: object) -> Ref:
    x = b.norm(b.conv(x, channels, name=name, init="fan_out", **sizes), name=f"{name}_norm")  # type: ignore[arg-type]
    return b.activation(x, name=f"{name}_relu") if relu else x
