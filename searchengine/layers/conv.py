"""Convolution over 1, 2 or 3 axes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv(nn.Module):
    """Convolution with zero padding, ``padding[i]`` on both sides of axis i.

    Input (B, Cin, *sizes) with as many sizes as ``kernel`` has entries; output (B, Cout, *sizes'), where
    ``size' = (size + 2·padding - kernel) // stride + 1``.
    Parameters: ``Cout · Cin/groups · prod(kernel)``, and ``Cout`` more with a bias.

    The weight starts as a truncated normal of variance ``2 / fan_in``, ``fan_in = Cin/groups · prod(kernel)``
    (He et al. 2015), cut at two deviations; the bias starts at 0.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding, self.groups = kernel, stride, padding, groups
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *kernel))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self._convolve = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[len(kernel)]
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        # A normal cut at two deviations has 0.8796 of the deviation it was cut from.
        deviation = (2.0 / self.weight[0].numel()) ** 0.5 / 0.87962566
        nn.init.trunc_normal_(self.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
        if self.bias is not None:
            self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return self._convolve(x, self.weight, self.bias, self.stride, self.padding, 1, self.groups)

    def extra_repr(self) -> str:
        out_channels, in_channels = self.weight.shape[:2]
        sizes = f"kernel={self.kernel}, stride={self.stride}, padding={self.padding}"
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        return f"{in_channels * self.groups}, {out_channels}, {sizes}{groups}"
