"""Statistics of normalisation taken anew for a network that shares its weights with others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def recalibrate(
    network: nn.Module,
    forward: Callable[[Tensor], object],
    batches: Iterable[Tensor],
    *,
    momentum: float | None = None,
    between: Callable[[], None] = lambda: None,
) -> None:
    """Forget the running mean and variance of every normalisation in ``network`` and collect them from
    ``batches``, run by ``forward`` in training mode without gradients; then evaluation mode is on.

    ``momentum`` None averages all batches alike, so one batch gives exactly its own statistics; otherwise n
    batches leave (1 - momentum)^n of the initial ones. ``between`` is called between batches and may raise.
    Weights do not change.
    """
    norms = [layer for layer in network.modules() if isinstance(layer, _BatchNorm)]
    usual = [layer.momentum for layer in norms]
    for layer in norms:
        layer.reset_running_stats()
        layer.momentum = momentum
    network.train()
    try:
        with torch.no_grad():
            for x in batches:
                between()
                forward(x)
    finally:
        network.eval()
        for layer, value in zip(norms, usual, strict=True):
            layer.momentum = value
