"""The product of two maps."""

from __future__ import annotations

from torch import Tensor, nn


class Multiply(nn.Module):
    """``x · y`` of (B, C, ...) and (B, C, ...), place by place; an axis of one place is stretched over the
    other's. With y of (B, C, 1, 1) each channel of x is scaled, as squeeze-and-excitation does (Hu, Shen,
    Sun, CVPR 2018). No parameters."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x * y
