"""The operations a cell may hold, and the pools they come from.

An op maps Cin channels at (H, W) to Cout channels at (ceil(H/s), ceil(W/s)). None has a residual of its own:
the cell adds the identity. Convolutions have no bias; every one is followed by batch normalisation.
Multiply-adds count convolutions alone.

With squeeze-and-excitation (Hu, Shen, Sun, CVPR 2018) the h channels before the last 1×1 are scaled by a gate
each, which a pair of 1×1 convolutions with bias makes from their means: h to h/4 to h.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["mb", "rec", "dense"]

REDUCTION = 4
"""Hidden channels for one of the squeeze."""


class Fit(NamedTuple):
    """Where an op stands: ``channels`` in and ``out``, the size (H, W) of its input, stride."""

    channels: int
    out: int
    size: tuple[int, int]
    stride: int

    @property
    def out_size(self) -> tuple[int, int]:
        """ceil of the size by the stride."""
        return reduced(self.size[0], self.stride), reduced(self.size[1], self.stride)


class Op(NamedTuple):
    """``kernel`` k and ``expansion`` t: h = t · Cin hidden channels.

    *mb*: 1×1 to h (groups g1), depthwise k×k of ``dilation``, 1×1 to Cout (groups g2). *rec*: 1×1, 1×k and
    k×1 over all channels, 1×1. *dense*: 1×1, ``convs`` k×k over all channels (the stride on the last), 1×1.
    ReLU between, none at the end. ``excited``: with squeeze-and-excitation. It is no part of a pool: a whole
    network has it or has not.
    """

    kind: Kind
    kernel: int
    expansion: int
    dilation: int = 1
    groups: tuple[int, int] = (1, 1)
    convs: int = 1
    excited: bool = False

    @property
    def label(self) -> str:
        """``MB 3×3 t6``, with ``d2`` or ``g1,2`` where there is dilation or there are groups."""
        if self.kind == "rec":
            return f"Rec {self.kernel} t{self.expansion}"
        if self.kind == "dense":
            return f"Dense {self.convs}× {self.kernel}×{self.kernel} t{self.expansion}"
        dilated = f" d{self.dilation}" if self.dilation > 1 else ""
        grouped = f" g{self.groups[0]},{self.groups[1]}" if self.groups != (1, 1) else ""
        return f"MB {self.kernel}×{self.kernel} t{self.expansion}{dilated}{grouped}"

    @property
    def padding(self) -> int:
        """What keeps the size at stride 1: d (k - 1) / 2."""
        return self.dilation * (self.kernel - 1) // 2

    def squeezed(self, channels: int) -> int:
        """Channels of the squeeze in a cell of ``channels`` in: a quarter of the hidden ones, rounded
        down."""
        return channels * self.expansion // REDUCTION

    def parameters(self, fit: Fit) -> int:
        """Weights of the convolutions, two a channel for every normalisation, biases of the squeeze."""
        squeeze = self.squeezed(fit.channels)
        gate = (2 * squeeze + 1) * fit.channels * self.expansion + squeeze
        return self._plain_parameters(fit) + (gate if self.excited else 0)

    def macs(self, fit: Fit) -> int:
        """Multiply-adds of one sample."""
        gate = 2 * self.squeezed(fit.channels) * fit.channels * self.expansion
        return self._plain_macs(fit) + (gate if self.excited else 0)

    def _plain_parameters(self, fit: Fit) -> int:
        c, out, k = fit.channels, fit.out, self.kernel
        h = c * self.expansion
        if self.kind == "mb":
            g1, g2 = self.groups
            return c * h // g1 + h * k * k + h * out // g2 + 4 * h + 2 * out
        if self.kind == "rec":
            return c * h + 2 * h * h * k + h * out + 6 * h + 2 * out
        n = self.convs
        return c * h + n * h * h * k * k + h * out + 2 * h * (1 + n) + 2 * out

    def _plain_macs(self, fit: Fit) -> int:
        c, out, k = fit.channels, fit.out, self.kernel
        h = c * self.expansion
        (rows, columns), (few_rows, few_columns) = fit.size, fit.out_size
        before, after = rows * columns, few_rows * few_columns
        if self.kind == "mb":
            g1, g2 = self.groups
            return c * h // g1 * before + (h * k * k + h * out // g2) * after
        if self.kind == "rec":
            # Between the two convolutions only the columns are fewer.
            return c * h * before + h * h * k * rows * few_columns + (h * h * k + h * out) * after
        return (c * h + (self.convs - 1) * h * h * k * k) * before + (h * h * k * k + h * out) * after


def reduced(size: int, stride: int) -> int:
    """ceil(size / stride)."""
    return (size - 1 + stride) // stride


# --- pools: positions are ids, so the order is part of every published genome --------------------------


def _pool27() -> tuple[Op, ...]:
    found = [
        Op("mb", k, t, d)
        for k in (3, 5, 7, 9, 11)
        for t in (1, 3, 6)
        for d in ((1, 2, 3) if k == 3 else (1,))
    ]
    return (*found, *(Op("rec", k, t) for k in (5, 7) for t in (1, 2, 4)))


def _pool72() -> tuple[Op, ...]:
    groups = ((1, 2), (2, 1), (2, 2))
    more = (Op("mb", k, t, groups=g) for k in (3, 5, 7, 9, 11) for t in (1, 3, 6) for g in groups)
    return (*_pool27(), *more)


def _pool19() -> tuple[Op, ...]:
    return (
        *(Op("mb", k, t) for k in (3, 5, 7) for t in (1, 3, 6)),
        *(Op("dense", 3, t, convs=n) for n in (1, 2) for t in (1, 2)),
        *(Op("rec", k, t) for k in (5, 7) for t in (1, 2, 4)),
    )


def _small13() -> tuple[Op, ...]:
    return (
        *(Op("mb", k, t) for k in (3, 5) for t in (1, 2, 4)),
        *(Op("mb", 3, t, 2) for t in (1, 2, 4)),
        *(Op("rec", k, t) for k in (3, 5) for t in (1, 2)),
    )


POOLS: dict[str, tuple[Op, ...]] = {
    "pool27": _pool27(),
    "pool72": _pool72(),
    "pool19": _pool19(),
    "small13": _small13(),
}
"""By name: 27 for a FLOPs search, 72 (those 27 first) to go on from it, 19 for a latency search, 13 for small
images."""
