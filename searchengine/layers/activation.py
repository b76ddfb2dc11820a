"""Activations: one function of every number."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "sigmoid": functional.sigmoid,
}


class Activation(nn.Module):
    """``function`` of every number; input and output have the same shape, any. No parameters.

    relu = max(x, 0); silu = x·sigmoid(x); gelu = x·Phi(x), Phi the normal distribution function;
    sigmoid = 1 / (1 + exp(-x)).
    """

    def __init__(self, function: str) -> None:
        super().__init__()
        self.function = function
        self._compute = FUNCTIONS[function]

    def forward(self, x: Tensor) -> Tensor:
        return self._compute(x)

    def extra_repr(self) -> str:
        return self.function
