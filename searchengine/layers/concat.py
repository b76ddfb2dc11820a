"""Maps side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Concat(nn.Module):
    """Tensors (B, C1, ...), (B, C2, ...), ... joined along the channels: (B, C1 + C2 + ..., ...).

    No parameters.
    """

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.cat(xs, dim=1)
