"""The connection weights of a built network: reading, setting and holding them; and stems fed with something
else than their stream."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

import torch
from torch import Tensor, nn

from searchengine.layers.weighted_sum import WeightedSum
from searchengine.methods.assemblenet.connections import logit
from searchengine.methods.assemblenet.describe import edge_of, node_name
from searchengine.methods.assemblenet.genome import Edge, Genome, Node
from searchengine.nets.network import Network


class Gates:
    """Where each weighted connection of ``genome`` has its logit."""

    def __init__(self, genome: Genome) -> None:
        self._places = edge_of(genome)

    @torch.no_grad()
    def weights(self, network: Network) -> dict[Edge, float]:
        """Sigmoids of the logits, in (0, 1)."""
        found = {name: _gate(network, name).weights().tolist() for name, _ in self._places.values()}
        return {edge: float(found[name][place]) for edge, (name, place) in self._places.items()}

    @torch.no_grad()
    def set(self, network: Network, weights: Mapping[Edge, float]) -> None:
        """Logits of the given weights; the others stay."""
        for edge, weight in weights.items():
            name, place = self._places[edge]
            _gate(network, name).logits[place] = logit(weight)

    @torch.no_grad()
    def shut(self, network: Network, edge: Edge) -> float:
        """Let nothing through one connection; its logit until now, for :meth:`reopen`."""
        name, place = self._places[edge]
        logits = _gate(network, name).logits
        before = float(logits[place])
        logits[place] = -1e4
        return before

    @torch.no_grad()
    def reopen(self, network: Network, edge: Edge, before: float) -> None:
        name, place = self._places[edge]
        _gate(network, name).logits[place] = before

    def freeze(self, network: Network) -> None:
        """No gradient for any connection weight. Those that nobody set stay at what they are, about one
        half."""
        for name in {name for name, _ in self._places.values()}:
            _gate(network, name).logits.requires_grad_(False)

    def entropy(self, weights: Mapping[Edge, float]) -> float:
        """Mean binary entropy in bits: 1 where every weight is one half, 0 where all are sure."""
        values = [min(max(weights[edge], 1e-6), 1 - 1e-6) for edge in self._places if edge in weights]
        if not values:
            return 0.0
        return -sum(p * log(p, 2) + (1 - p) * log(1 - p, 2) for p in values) / len(values)


def _gate(network: Network, name: str) -> WeightedSum:
    layer = network.get_submodule(name)
    assert isinstance(layer, WeightedSum)
    return layer


FEEDS = ("zeros", "uniform", "normal")


def feed(network: Network, stem: Node, what: str) -> None:
    """From now on the stem reads ``what`` instead of its stream: zeros, or in every pass fresh noise from
    torch's own generator, uniform in [0, 1) or standard normal. Noise is fed to this network alone; zeros
    are part of its weights, so that the stem is as silent wherever these are loaded."""
    if what not in FEEDS:
        raise ValueError(f"a stem can be fed {', '.join(FEEDS)}, got {what!r}")
    first = network.get_submodule(f"{node_name(stem)}.space")
    if what == "zeros":
        # It has no bias, so weights of zero and an input of zeros are the same.
        for weight in first.parameters():
            nn.init.zeros_(weight).requires_grad_(False)
        return
    make = {"uniform": torch.rand_like, "normal": torch.randn_like}[what]

    def replace(layer: nn.Module, given: tuple[Any, ...]) -> tuple[Tensor, ...]:
        return (make(given[0]),)

    first.register_forward_pre_hook(replace)
