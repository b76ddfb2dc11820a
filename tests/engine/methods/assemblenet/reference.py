"""The network of a genome in plain functions of torch, after the text of the paper and of its public code: no
layer graph, no layer of the engine. Only the names of the weights are the engine's.

All tensors are (B, C, T, H, W).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from searchengine.methods.assemblenet.genome import Genome, Node

State = Mapping[str, Tensor]


class Form(NamedTuple):
    """What the genome leaves open: modules a block, widths between and strides by level; the stem's kernel
    and stride in space, its kernel in time, and the windows of its pool by stream."""

    modules: tuple[int, int, int, int]
    middle: tuple[int, int, int, int]
    strides: tuple[int, int, int, int]
    stem: tuple[int, int, int]
    pools: dict[str, int]


FULL = Form((3, 4, 6, 3), (64, 128, 256, 512), (1, 2, 2, 2), (7, 2, 5), {"rgb": 3, "flow": 2})
SHORT = Form((2, 2, 2, 2), (4, 8, 8, 16), (1, 2, 2, 1), (3, 1, 3), {"rgb": 2, "flow": 2})


def reference(
    genome: Genome, form: Form, state: State, clip: Tensor, flow: Tensor, *, by_frame: bool = False
) -> Tensor:
    """Logits (B, classes). ``by_frame``: the softmax over frames instead of their mean."""
    outputs: dict[int, Tensor] = {}
    for node in genome.nodes:
        if node.level == 0:
            outputs[node.id] = _stem({"rgb": clip, "flow": flow}[node.kind], node, form, genome, state)
        else:
            outputs[node.id] = _block(_fused(node, outputs, state), node, form, state)
    last = [node for node in genome.nodes if node.level == 4]
    heads = [
        _head(outputs[node.id], "head" if len(last) == 1 else f"head{node.id}", state, by_frame)
        for node in last
    ]
    return torch.stack(heads).mean(0)


def _stem(x: Tensor, node: Node, form: Form, genome: Genome, state: State) -> Tensor:
    kernel, stride, frames = form.stem
    name = f"stem{node.id}"
    x = F.conv3d(
        x, state[f"{name}.space.weight"], stride=(1, stride, stride), padding=(0, kernel // 2, kernel // 2)
    )
    assert x.shape[1] == 128 // len(genome.stems) if form is FULL else genome.stem_total // len(genome.stems)
    x = _norm(x, f"{name}.space_norm", state).relu()
    if node.kind == "rgb":
        x = _over_time(x, state[f"{name}.time.weight"], node.dilation)
        assert state[f"{name}.time.weight"].shape[2] == frames
        x = _norm(x, f"{name}.time_norm", state).relu()
    return _max_same(x, form.pools[node.kind], 2, 2)


def _fused(node: Node, outputs: Mapping[int, Tensor], state: State) -> Tensor:
    """Resize, weight, then channels."""
    if len(node.inputs) == 1:
        return outputs[node.inputs[0]]
    xs = [outputs[source] for source in node.inputs]
    height, width = min(x.shape[3] for x in xs), min(x.shape[4] for x in xs)
    widest = max(x.shape[1] for x in xs)
    total: Tensor | None = None
    for channels in sorted({x.shape[1] for x in xs}):
        logits = state[f"block{node.id}.fuse.gate{channels}.logits"]
        members = [x for x in xs if x.shape[1] == channels]
        assert len(logits) == len(members)
        group = torch.zeros(())
        for logit, x in zip(logits, members, strict=True):
            down, across = (x.shape[3] + 1) // height, (x.shape[4] + 1) // width
            fitted = _max_same(x, (down, across), down, across)
            group = group + fitted / (1 + torch.exp(-logit))
        if channels != widest:
            group = _pointwise(group, state[f"block{node.id}.fuse.widen{channels}.weight"])
        total = group if total is None else total + group
    assert total is not None
    return total


def _block(x: Tensor, node: Node, form: Form, state: State) -> Tensor:
    for index in range(form.modules[node.level - 1]):
        name = f"block{node.id}.r{index + 1}"
        stride = form.strides[node.level - 1] if index == 0 else 1
        weight = state[f"{name}.reduce.weight"]
        assert weight.shape[0] == node.filters
        if index % 2 == 0:
            y = _pointwise(x, weight)
        else:
            assert weight.shape[2:] == (3, 1, 1)
            y = _over_time(x, weight, node.dilation)
        y = _norm(y, f"{name}.reduce_norm", state).relu()
        weight = state[f"{name}.space.weight"]
        assert weight.shape == (form.middle[node.level - 1], node.filters, 1, 3, 3)
        y = F.conv3d(y, weight, stride=(1, stride, stride), padding=(0, 1, 1))
        y = _norm(y, f"{name}.space_norm", state).relu()
        y = _pointwise(y, state[f"{name}.expand.weight"])
        assert y.shape[1] == 4 * node.filters
        y = _norm(y, f"{name}.expand_norm", state)
        if index == 0:
            x = _pointwise(x[..., ::stride, ::stride], state[f"{name}.shortcut.weight"])
            x = _norm(x, f"{name}.shortcut_norm", state)
        x = (x + y).relu()
    return x


def _head(x: Tensor, name: str, state: State, by_frame: bool) -> Tensor:
    weight, bias = state[f"{name}.dense.weight"].flatten(1), state[f"{name}.dense.bias"]
    frames = x.mean((3, 4)).transpose(1, 2)
    if not by_frame:
        return frames.mean(1) @ weight.T + bias
    z = frames @ weight.T + bias
    strength = torch.exp(z / math.sqrt(z.shape[1]))
    return (strength / strength.sum(1, keepdim=True) * z).sum(1)


def _norm(x: Tensor, name: str, state: State) -> Tensor:
    mean, variance, gain, shift = (
        state[f"{name}.{part}"].reshape(1, -1, 1, 1, 1)
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (variance + 1e-5).sqrt() * gain + shift


def _pointwise(x: Tensor, weight: Tensor) -> Tensor:
    assert weight.shape[2:] == (1, 1, 1)
    return torch.einsum("bcthw,oc->bothw", x, weight.flatten(1))


def _over_time(x: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """``y[t] = sum over j of w[j] · x[t + (j - (k - 1) / 2) · dilation]``, zero outside the clip."""
    frames, kernel = x.shape[2], weight.shape[2]
    ys = []
    for t in range(frames):
        y = torch.zeros(())
        for j in range(kernel):
            there = t + (j - (kernel - 1) // 2) * dilation
            if 0 <= there < frames:
                y = y + torch.einsum("bchw,oc->bohw", x[:, :, there], weight[:, :, j, 0, 0])
        ys.append(y)
    return torch.stack(ys, dim=2)


def _max_same(x: Tensor, kernel: int | tuple[int, int], down: int, across: int) -> Tensor:
    """The maximum in windows whose number is the side over the step, rounded up; what is missing lies beyond
    the border, the odd one after."""
    kernels = (kernel, kernel) if isinstance(kernel, int) else kernel
    pads: list[int] = []
    for side, window, step in zip(x.shape[3:], kernels, (down, across), strict=True):
        missing = max(0, (math.ceil(side / step) - 1) * step + window - side)
        pads = [missing // 2, missing - missing // 2, *pads]
    padded = F.pad(x, pads, value=-math.inf)
    windows = padded.unfold(3, kernels[0], down).unfold(4, kernels[1], across)
    return windows.amax((-1, -2))


def tvl1(clip: Tensor, iterations: int = 40, most: float = 4.0) -> Tensor:
    """Flow (B, 2, T, H, W) of clips, ``most`` pixels as 1: the equations one by one, differences as
    matrices."""
    theta, weight, tau = 0.3, 0.15, 0.25
    reach = weight * theta
    found = torch.zeros(clip.shape[0], 2, *clip.shape[2:])
    across, down = (_differences(side).to(clip) for side in (clip.shape[4], clip.shape[3]))
    for number, one in enumerate(clip):
        grey = one.mean(0)
        grey = 255 * (grey - grey.min()) / (grey.max() - grey.min())
        for t in range(len(grey) - 1):
            first, second = grey[t], grey[t + 1]
            left, right = (
                second[:, [0, *range(second.shape[1] - 1)]],
                second[:, [*range(1, second.shape[1]), -1]],
            )
            above, below = second[[0, *range(len(second) - 1)]], second[[*range(1, len(second)), -1]]
            slope_x, slope_y = 0.5 * (right - left), 0.5 * (below - above)
            square = slope_x**2 + slope_y**2
            u = [torch.zeros_like(first), torch.zeros_like(first)]
            p = [[torch.zeros_like(first) for _ in range(2)] for _ in range(2)]
            for _ in range(iterations):
                rho = second - first + slope_x * u[0] + slope_y * u[1]
                length = torch.where(square > 1e-12, -rho / square, torch.zeros_like(rho))
                length = torch.where(rho < -reach * square, torch.full_like(rho, reach), length)
                length = torch.where(rho > reach * square, torch.full_like(rho, -reach), length)
                for axis, slope in enumerate((slope_x, slope_y)):
                    divergence = -(p[axis][0] @ across) - down.T @ p[axis][1]
                    u[axis] = u[axis] + length * slope + theta * divergence
                for axis in range(2):
                    gx, gy = u[axis] @ across.T, down @ u[axis]
                    shrink = 1 + tau / theta * (gx**2 + gy**2).sqrt()
                    p[axis] = [
                        (p[axis][0] + tau / theta * gx) / shrink,
                        (p[axis][1] + tau / theta * gy) / shrink,
                    ]
            found[number, :, t] = torch.stack(u)
    found[:, :, -1] = found[:, :, -2]
    return (found / most).clamp(-1, 1)


def _differences(side: int) -> Tensor:
    """The next value less this one, 0 at the last: a matrix (side, side). Its negative transpose is the
    divergence."""
    matrix = torch.diag(torch.ones(side - 1), 1) - torch.eye(side)
    matrix[-1] = 0
    return matrix
