"""Maximum and average over a sliding window."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

MAXIMUM = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
AVERAGE = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


class Pool(nn.Module):
    """``op`` "max" or "avg" over windows of ``kernel``, 1 to 3 axes. No parameters.

    Input (B, C, *sizes), output (B, C, *sizes'), ``size' = (size + 2·padding - kernel) // stride + 1``, the
    division rounded up with ``ceil``: a last window that only begins inside counts (of a maximum). A
    maximum ignores the padding; an average counts it as zeros only with ``count_include_pad``.

    A maximum over time and space is taken over space first and over time after: the same numbers, bit for
    bit, and the same gradients (ties go to the first position in time, then in space, either way), in less
    time.
    """

    def __init__(
        self,
        op: str,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        count_include_pad: bool = False,
        ceil: bool = False,
    ) -> None:
        super().__init__()
        self.op, self.kernel, self.stride, self.padding = op, kernel, stride, padding
        self.count_include_pad, self.ceil = count_include_pad, ceil
        self._overlaps = len(kernel) > 1 and math.prod(kernel) > math.prod(stride)
        self._in_two_steps = op == "max" and len(kernel) == 3 and kernel[0] > 1 and kernel[1:] != (1, 1)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride, padding = self.kernel, self.stride, self.padding
        if self.op == "avg":
            average = AVERAGE[len(kernel)]
            return average(x, kernel, stride, padding, count_include_pad=self.count_include_pad)
        if (
            self._overlaps
            and x.device.type == "cpu"
            and x.is_contiguous()
            and not torch.compiler.is_compiling()
        ):
            # On a CPU torch compares whole rows of channels at once, much faster: put them innermost.
            layout = torch.channels_last if x.dim() == 4 else torch.channels_last_3d
            return self._maximum(x.contiguous(memory_format=layout)).contiguous()
        return self._maximum(x)

    def _maximum(self, x: Tensor) -> Tensor:
        kernel, stride, padding = self.kernel, self.stride, self.padding
        if self._in_two_steps:
            space = (1, *kernel[1:]), (1, *stride[1:]), (0, *padding[1:])
            x = functional.max_pool3d(x, *space, ceil_mode=self.ceil)
            kernel, stride, padding = (kernel[0], 1, 1), (stride[0], 1, 1), (padding[0], 0, 0)
        return MAXIMUM[len(kernel)](x, kernel, stride, padding, ceil_mode=self.ceil)

    def extra_repr(self) -> str:
        return f"{self.op}, kernel={self.kernel}, stride={self.stride}, padding={self.padding}"
