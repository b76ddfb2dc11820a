"""Inflated temporal Gaussian mixture, a 3D convolution with learned temporal profiles."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class ITGM(nn.Module):
    """A 3D convolution whose kernel is a 2D kernel spread over time by a mixture of M learned profiles.

    Piergiovanni, Angelova, Toshev, Ryoo: Evolving space-time neural architectures for videos, ICCV 2019.
    ``kernel`` is (t, kh, kw). Input (B, Cin, T, H, W); output (B, Cout, T', H', W'), an axis each
    ``size' = (size + 2·padding - kernel) // stride + 1``.

        K[co, ci, l, y, x] = tau[co, ci, l] · S[co, ci, y, x]              l = 0 .. t-1
        tau[co, ci, l]     = sum over m of softmax(mixing[co, ci])[m] · profile_m(l)

    Each profile is f_m divided by (its sum over time + 1e-6), with its middle at
    ``mu_m = (t - 1) · (tanh(center_m) + 1) / 2`` and, for ``G_m = exp(1.5 - 2·|tanh(width_m)|)``:

        "release"    f(l) = 1 / (pi·G·((l - mu)/G)² + 1)
        "cauchy"     f(l) = 1 / (pi·G·(((l - mu)/G)² + 1))
        "gaussian"   f(l) = exp(-(l - mu)² / (2·exp(width)))

    Parameters: ``Cin·Cout·(kh·kw + M) + 2·M``, the same for every t > 1; with t = 1 this is a 2D
    convolution of ``Cin·Cout·kh·kw``. Its multiply-adds are those of a full 3D convolution.

    First values: S truncated normal of variance ``2 / (Cin·kh·kw)``, center N(0, 0.5), width N(0, 0.1)
    (never a constant 0, where |tanh| has no slope), mixing truncated normal (0, 1); second numbers are
    deviations. The output varies less than that of a 3D convolution at first, so a norm layer should follow.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, int, int],
        stride: tuple[int, int, int],
        padding: tuple[int, int, int],
        profiles: int = 4,
        profile: str = "release",
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding, self.profile = kernel, stride, padding, profile
        self.spatial = nn.Parameter(torch.empty(out_channels, in_channels, *kernel[1:]))
        if kernel[0] > 1:
            self.center = nn.Parameter(torch.empty(profiles))
            self.width = nn.Parameter(torch.empty(profiles))
            self.mixing = nn.Parameter(torch.empty(out_channels, in_channels, profiles))
        self._built: tuple[tuple[int, ...], Tensor] | None = None  # kernel kept between evaluations
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        # A normal cut at two deviations has 0.8796 of the deviation it was cut from.
        deviation = (2.0 / self.spatial[0].numel()) ** 0.5 / 0.87962566
        nn.init.trunc_normal_(self.spatial, std=deviation, a=-2 * deviation, b=2 * deviation)
        if self.kernel[0] > 1:
            nn.init.normal_(self.center, std=0.5)
            nn.init.normal_(self.width, std=0.1)
            nn.init.trunc_normal_(self.mixing)
        self._built = None

    def temporal_profiles(self) -> Tensor:
        """The M profiles over time, (M, t) in float32 (float64 if the parameters are); each sums to 1."""
        center, width = _at_least_float32(self.center), _at_least_float32(self.width)
        length = self.kernel[0]
        middle = (length - 1) * (torch.tanh(center) + 1) / 2
        away = torch.arange(length, dtype=center.dtype, device=center.device) - middle[:, None]
        if self.profile == "gaussian":
            values = torch.exp(-(away**2) / (2 * torch.exp(width))[:, None])
        else:
            spread = torch.exp(1.5 - 2 * torch.tanh(width).abs())[:, None]
            squared = (away / spread) ** 2
            if self.profile == "release":
                values = 1 / (math.pi * spread * squared + 1)
            else:
                values = 1 / (math.pi * spread * (squared + 1))
        return values / (values.sum(dim=1, keepdim=True) + 1e-6)

    def mixture(self) -> Tensor:
        """How each pair of channels weighs the moments of its window: tau, (Cout, Cin, t), at least 0, sums
        to 1."""
        device = self.mixing.device.type
        if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
            with torch.autocast(device, enabled=False):  # half precision would round the profiles
                return self.mixture()
        return torch.softmax(_at_least_float32(self.mixing), dim=-1) @ self.temporal_profiles()

    def build_kernel(self) -> Tensor:
        """The 3D kernel K, (Cout, Cin, t, kh, kw), with gradients to all parameters."""
        if self.kernel[0] == 1:
            return self.spatial[:, :, None]
        tau = self.mixture().to(self.spatial.dtype)
        return tau[..., None, None] * self.spatial[:, :, None]

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv3d(x, self._current_kernel(), None, self.stride, self.padding)

    def _current_kernel(self) -> Tensor:
        """The kernel, built anew in every pass while training; in evaluation kept until a parameter
        changes."""
        if self.training or torch.is_grad_enabled() or torch.compiler.is_compiling():
            return self.build_kernel()
        versions = tuple(parameter._version for parameter in self.parameters())
        if self._built is None or self._built[0] != versions:
            self._built = (versions, self.build_kernel())
        return self._built[1]

    def train(self, mode: bool = True) -> ITGM:
        self._built = None
        return super().train(mode)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._built = None
        super()._load_from_state_dict(*args, **kwargs)

    def _apply(self, *args: Any, **kwargs: Any) -> ITGM:
        self._built = None  # to another device or precision
        return super()._apply(*args, **kwargs)

    def extra_repr(self) -> str:
        out_channels, in_channels = self.spatial.shape[:2]
        profiles = f", {len(self.center)} {self.profile} profiles" if self.kernel[0] > 1 else ""
        return f"{in_channels}, {out_channels}, kernel={self.kernel}, stride={self.stride}{profiles}"


def _at_least_float32(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()
