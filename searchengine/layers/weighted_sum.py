"""A sum of maps, each as strong as it learned to be."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightedSum(nn.Module):
    """``sum over i of sigmoid(logits[i]) · x_i`` of one or more tensors of one shape (B, C, ...), and of that
    shape: independent gates, no softmax.

    Connection weights of AssembleNet (Ryoo, Piergiovanni, Tan, Angelova, ICLR 2020), which stand before any
    1×1 convolution that matches channels. Parameters: one logit an input. They start as a normal of deviation
    0.01 cut at two deviations, so every weight begins near one half.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.empty(inputs))
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        nn.init.trunc_normal_(self.logits, std=0.01, a=-0.02, b=0.02)

    def weights(self) -> Tensor:
        """How much of each input passes, (inputs,) in (0, 1)."""
        return torch.sigmoid(self.logits)

    def forward(self, *xs: Tensor) -> Tensor:
        weights = self.weights().to(xs[0].dtype)
        total = weights[0] * xs[0]
        for index in range(1, len(xs)):
            total = total + weights[index] * xs[index]
        return total

    def extra_repr(self) -> str:
        return str(len(self.logits))
