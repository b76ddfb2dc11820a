"""Batch normalisation."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class Norm(_BatchNorm):
    """Batch normalisation over channels (Ioffe and Szegedy 2015) for any number of axes behind them.

    Input and output (B, C, ...). While training, each channel is normalised by mean and variance of the
    batch, and
    ``running = (1 - momentum) · running + momentum · batch``; in evaluation by the running ones.
    Parameters: ``2·C`` (scale and shift). ``init`` is the first scale: "one", or "zero" so that a residual
    branch begins as nothing.
    """

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1, init: str = "one") -> None:
        self.init = init
        super().__init__(channels, eps=eps, momentum=momentum)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        if self.init == "zero":
            nn.init.zeros_(self.weight)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"Norm needs input of shape (batch, channels, ...), got {tuple(input.shape)}")
