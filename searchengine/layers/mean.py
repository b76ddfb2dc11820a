"""Mean over whole axes."""

from __future__ import annotations

from torch import Tensor, nn


class Mean(nn.Module):
    """Mean over the axes ``dims``, counted with the batch as axis 0. No parameters.

    (B, C, T, H, W) with ``dims=(2, 3, 4)`` gives (B, C); with ``keepdim`` (B, C, 1, 1, 1).
    """

    def __init__(self, dims: tuple[int, ...], keepdim: bool = False) -> None:
        super().__init__()
        self.dims, self.keepdim = dims, keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.dims, keepdim=self.keepdim)

    def extra_repr(self) -> str:
        return f"dims={self.dims}" + (", keepdim=True" if self.keepdim else "")
