"""What a layer costs: learned numbers, multiply-adds, and the bytes autograd keeps for the backward pass."""

from __future__ import annotations

from typing import NamedTuple

FLOAT_BYTES = 4
INDEX_BYTES = 8  # max-pooling keeps the position of every maximum as a 64-bit integer


class LayerCost(NamedTuple):
    """Cost of one layer for one sample.

    ``macs`` are multiply-adds of convolutions and linear layers. ``kernel_macs`` are the multiplications that
    build a kernel before it is used, once a forward pass whatever the batch, or the flow of one sample.
    ``keeps_inputs`` and ``keeps_output`` say which tensors of the graph autograd holds on to because of this
    layer; ``kept_bytes`` (a sample) and ``kept_bytes_fixed`` (a pass) are what it holds besides those,
    parameters excluded. ``passes_input``: the output is the input itself, not a new tensor.
    ``stops_gradient``: nothing before it learns through it.
    """

    parameters: int = 0
    macs: int = 0
    kernel_macs: int = 0
    keeps_inputs: bool = False
    keeps_output: bool = False
    passes_input: bool = False
    stops_gradient: bool = False
    kept_bytes: int = 0
    kept_bytes_fixed: int = 0


class Costs(NamedTuple):
    """Sums over the layers of a scope or a network.

    ``kept_bytes`` grow with the batch, ``kept_bytes_fixed`` do not.
    """

    parameters: int = 0
    macs: int = 0
    kernel_macs: int = 0
    kept_bytes: int = 0
    kept_bytes_fixed: int = 0

    def plus(self, other: Costs) -> Costs:
        return Costs(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def activation_bytes(self, batch: int) -> int:
        """Bytes autograd keeps between forward and backward for a batch of ``batch`` samples in float32."""
        return batch * self.kept_bytes + self.kept_bytes_fixed
