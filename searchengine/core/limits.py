"""Caps on what a candidate may be, and what training one costs."""

from __future__ import annotations

from typing import Protocol


class Sized(Protocol):
    """A described network: learned numbers, and multiply-adds of one sample."""

    @property
    def parameters(self) -> int: ...

    @property
    def macs(self) -> int: ...


def over_limit(network: Sized, max_parameters: int, max_macs: int) -> str | None:
    """Why ``network`` is over a cap, in words; None when it is not. A cap of 0 is none."""
    if max_parameters and network.parameters > max_parameters:
        return f"{network.parameters} parameters, the limit is {max_parameters}"
    if max_macs and network.macs > max_macs:
        return f"{network.macs} multiply-adds, the limit is {max_macs}"
    return None


def training_cost(network: Sized, samples: int) -> float:
    """Multiply-adds of ``samples`` training passes; forward and backward together take about three
    forwards."""
    return 3.0 * network.macs * samples
