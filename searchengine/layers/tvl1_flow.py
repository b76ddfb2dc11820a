"""Optical flow inside a network: one-scale TV-L1 between neighbouring frames."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


class TVL1Flow(nn.Module):
    """A clip (B, C, T, H, W) to its flow (B, 2, T, H, W): channel 0 to the right, channel 1 downwards, in
    units of ``clip`` pixels a frame, cut to [-1, 1]. Field t goes from frame t to frame t + 1; the last
    repeats the one before. No parameters, no gradient; good for motion of one or two pixels a frame.

    TV-L1 (Zach, Pock, Bischof 2007) on one scale and with fixed constants, the flow layer of AssembleNet
    (Ryoo, Piergiovanni, Tan, Angelova, ICLR 2020). A frame is the mean over channels. Every clip is scaled
    to 0..255 by itself, so its flow does not depend on its neighbours in the batch; one without contrast has
    none. Float32 whatever the precision around it.
    """

    theta, weight, tau = 0.3, 0.15, 0.25

    def __init__(self, iterations: int = 40, clip: float = 4.0) -> None:
        super().__init__()
        self.iterations, self.clip = iterations, clip

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        frames = _scaled(x.float().mean(1))
        pairs = frames.shape[1] - 1
        flow = self._between(frames[:, :-1].flatten(0, 1), frames[:, 1:].flatten(0, 1))
        flow = flow.unflatten(0, (-1, pairs)).transpose(1, 2)
        flow = torch.cat([flow, flow[:, :, -1:]], dim=2)
        return (flow / self.clip).clamp(-1, 1).to(x.dtype)

    def _between(self, first: Tensor, second: Tensor) -> Tensor:
        """The displacements in pixels (N, 2, H, W) that take frames (N, H, W) to the next ones."""
        slope = torch.stack([_central(second, -1), _central(second, -2)], dim=1)
        square = slope.square().sum(1)
        inverse = torch.where(square > 1e-12, 1 / square.clamp(min=1e-12), torch.zeros_like(square))
        residual = second - first
        reach, rate = self.weight * self.theta, self.tau / self.theta

        def step(flow: Tensor, across: Tensor, down: Tensor) -> tuple[Tensor, ...]:
            rho = residual + (slope * flow).sum(1)
            # One clamp is all three cases of the data step: +reach, -reach, and -rho / square between them.
            length = (-rho * inverse).clamp(-reach, reach)
            flow = flow + length[:, None] * slope + self.theta * (_backward(across, -1) + _backward(down, -2))
            right, below = _forward(flow, -1), _forward(flow, -2)
            shrink = 1 + rate * (right.square() + below.square()).sqrt()
            return flow, (across + rate * right) / shrink, (down + rate * below) / shrink

        # The flow, and the dual field in two parts.
        state = tuple(torch.zeros_like(slope) for _ in range(3))
        return self.repeated(step, state, self.iterations)[0]

    @staticmethod
    def repeated(
        step: Callable[..., tuple[Tensor, ...]], state: tuple[Tensor, ...], times: int
    ) -> tuple[Tensor, ...]:
        """``step`` so many times on end. Where a network is written down in a language that has loops, one
        can be put in this place."""
        for _ in range(times):
            state = step(*state)
        return state

    def extra_repr(self) -> str:
        return f"iterations={self.iterations}, clip={self.clip:g}"


def _scaled(frames: Tensor) -> Tensor:
    """Frames (B, T, H, W) from 0 to 255 in every clip; 0 in a clip without contrast."""
    low, high = frames.amin((1, 2, 3), keepdim=True), frames.amax((1, 2, 3), keepdim=True)
    span = high - low
    return torch.where(span > 1e-6, 255 * (frames - low) / span.clamp(min=1e-6), torch.zeros_like(frames))


def _central(x: Tensor, axis: int) -> Tensor:
    """Half the difference of both neighbours of (N, H, W); beyond the border lies the border."""
    wide = functional.pad(x[:, None], _sides(axis, 1, 1), mode="replicate")[:, 0]
    size = x.shape[axis]
    return 0.5 * (wide.narrow(axis, 2, size) - wide.narrow(axis, 0, size))


def _forward(x: Tensor, axis: int) -> Tensor:
    """The next value less this one; 0 at the last."""
    return functional.pad(_steps(x, axis), _sides(axis, 0, 1))


def _backward(x: Tensor, axis: int) -> Tensor:
    """This value less the one before, the negative adjoint of ``_forward``: the last counts for nothing."""
    return _steps(functional.pad(x.narrow(axis, 0, x.shape[axis] - 1), _sides(axis, 1, 1)), axis)


def _steps(x: Tensor, axis: int) -> Tensor:
    size = x.shape[axis] - 1
    return x.narrow(axis, 1, size) - x.narrow(axis, 0, size)


def _sides(axis: int, before: int, after: int) -> tuple[int, int, int, int]:
    """Padding of the last (-1) or the last but one axis (-2), as torch counts."""
    return (before, after, 0, 0) if axis == -1 else (0, 0, before, after)
