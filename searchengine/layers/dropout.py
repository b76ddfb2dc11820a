"""Random zeros while training."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Dropout(nn.Module):
    """While training, each number is 0 with probability ``rate`` and divided by ``1 - rate`` otherwise; in
    evaluation nothing happens (Srivastava et al. 2014). No parameters."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.rate, self.training)

    def extra_repr(self) -> str:
        return f"{self.rate:g}"
