"""Convolution over 1, 2 or 3 axes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv(nn.Module):
    """Convolution with zero padding, ``padding[i]`` on both sides of axis i, and ``dilation[i]`` from one
    place of the kernel to the next.

    Input (B, Cin, *sizes) with as many sizes as ``kernel`` has entries; output (B, Cout, *sizes'), where
    ``size' = (size + 2·padding - dilation·(kernel - 1) - 1) // stride + 1``.
    Parameters: ``Cout · Cin/groups · prod(kernel)``, and ``Cout`` more with a bias.

    The weight starts as a truncated normal of variance ``2 / fan_in``, ``fan_in = Cin/groups · prod(kernel)``
    (He et al. 2015), cut at two deviations; with ``init`` "fan_out" as a normal of variance ``2 / fan_out``,
    ``fan_out = Cout · prod(kernel)``, or "small" as one of deviation 0.01. The bias starts at 0.
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
        dilation: tuple[int, ...] | None = None,
        init: str = "truncated_he",
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding, self.groups = kernel, stride, padding, groups
        self.dilation, self.init = dilation or (1,) * len(kernel), init
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *kernel))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self._along_time = len(kernel) == 3 and kernel[0] > 1 and kernel[1:] == stride[1:] == (1, 1)
        self._along_time = self._along_time and padding[1:] == (0, 0)
        self._convolve = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}[len(kernel)]
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        # A normal cut at two deviations has 0.8796 of the deviation it was cut from.
        deviation = (2.0 / self.weight[0].numel()) ** 0.5 / 0.87962566
        if self.init == "small":
            nn.init.normal_(self.weight, std=0.01)
        elif self.init == "fan_out":
            nn.init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu")
        else:
            nn.init.trunc_normal_(self.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
        if self.bias is not None:
            self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        if self._along_time:
            # Over time alone a clip is a picture of T rows and H·W columns, which torch convolves faster.
            (stride, *_), (padding, *_), (dilation, *_) = self.stride, self.padding, self.dilation
            rows, weight = x.flatten(3), self.weight.flatten(3)
            y = functional.conv2d(
                rows, weight, self.bias, (stride, 1), (padding, 0), (dilation, 1), self.groups
            )
            return y.unflatten(3, x.shape[3:])
        return self._convolve(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        out_channels, in_channels = self.weight.shape[:2]
        sizes = f"kernel={self.kernel}, stride={self.stride}, padding={self.padding}"
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        dilation = f", dilation={self.dilation}" if set(self.dilation) != {1} else ""
        return f"{in_channels * self.groups}, {out_channels}, {sizes}{dilation}{groups}"
