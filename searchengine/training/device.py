"""Where training happens and how tensors lie in memory there."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

from searchengine.training.recipe import MemoryFormat

_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


Placed = TypeVar("Placed", bound=nn.Module)


def placed(network: Placed, device: torch.device, memory_format: MemoryFormat) -> Placed:
    """``network`` on ``device``, its convolution weights (rank 4 and 5) in the recipe's memory layout."""
    network.to(device)
    if memory_format == "channels_last":
        for parameter in network.parameters():
            layout = _LAST.get(parameter.dim())
            if layout is not None:
                parameter.data = parameter.data.contiguous(memory_format=layout)
    return network


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was given, for timing."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
