"""Scores of frames to one score: those frames count most that are surest."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FrameSoftmax(nn.Module):
    """(B, C, T) to (B, C): ``sum over t of softmax_t(z / sqrt(T)) · z_t`` for every class by itself.
    No parameters. Head of AssembleNet (Ryoo et al., ICLR 2020) for clips of more than 32 frames."""

    def forward(self, z: Tensor) -> Tensor:
        return (torch.softmax(z / z.shape[-1] ** 0.5, dim=-1) * z).sum(-1)
