"""Builds the torch network of an architecture."""

from __future__ import annotations

from importlib import import_module

import torch
from torch import nn

from searchengine.architecture.graph import Architecture, Node
from searchengine.nets.network import Network


def build(architecture: Architecture) -> Network:
    """A network whose modules are named as the nodes and whose parameters come in the nodes' order.

    Weights are drawn from torch's own generator by the layers themselves: seed it before.
    Under ``with torch.device("meta")`` nothing is allocated, so big networks are counted fast.
    Train-only nodes are built too; what they compute is read through their taps.
    """
    return Network(
        architecture, {node.name: layer(node) for node in architecture.nodes if node.entry.layer_class}
    )


def build_on_meta(architecture: Architecture) -> Network:
    """The network without memory for its weights: shapes and counts only."""
    with torch.device("meta"):
        return build(architecture)


def layer(node: Node) -> nn.Module:
    """The torch layer of one node."""
    entry = node.entry
    return getattr(import_module(entry.layer_module), entry.layer_class)(**node.layer_arguments())
