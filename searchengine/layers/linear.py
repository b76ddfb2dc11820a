"""A linear map."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Linear(nn.Module):
    """``x Wᵀ + b``: (B, Cin) to (B, Cout). Parameters: ``Cin·Cout``, and ``Cout`` more with a bias.

    The weight starts as a truncated normal of variance ``1 / Cin``, cut at two deviations, or with ``init``
    "small" as a normal of deviation 0.01; the bias at 0.
    """

    def __init__(
        self, in_channels: int, out_channels: int, bias: bool = True, init: str = "truncated"
    ) -> None:
        super().__init__()
        self.init = init
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        # A normal cut at two deviations has 0.8796 of the deviation it was cut from.
        deviation = self.weight.shape[1] ** -0.5 / 0.87962566
        if self.init == "small":
            nn.init.normal_(self.weight, std=0.01)
        else:
            nn.init.trunc_normal_(self.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
        if self.bias is not None:
            self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, {self.weight.shape[0]}"
