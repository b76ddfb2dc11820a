"""The sum or the mean of maps."""

from __future__ import annotations

from torch import Tensor, nn


class Add(nn.Module):
    """The sum of two or more tensors of one shape, from left to right; with ``average`` divided by their
    number. No parameters."""

    def __init__(self, average: bool = False) -> None:
        super().__init__()
        self.average = average

    def forward(self, *xs: Tensor) -> Tensor:
        total = xs[0]
        for x in xs[1:]:
            total = total + x
        return total / len(xs) if self.average else total

    def extra_repr(self) -> str:
        return "average" if self.average else ""
