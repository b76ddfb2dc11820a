"""What autograd keeps between forward and backward, node by node."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple

from searchengine.architecture.costs import FLOAT_BYTES
from searchengine.architecture.node import Node


class Kept(NamedTuple):
    """Bytes in float32: those that grow with the batch, for one sample, and those that do not."""

    a_sample: int
    a_pass: int


def kept_by_node(nodes: Iterable[Node]) -> dict[str, Kept]:
    """For each node the bytes kept because of it; its output counts with it, whichever layer needs it kept.

    ``nodes`` are in topological order. Only what a gradient passes through keeps anything: nodes with
    parameters and those that follow them.
    """
    nodes = tuple(nodes)
    in_backward: set[str] = set()
    outputs: set[str] = set()
    made_by: dict[str, str] = {}  # whose tensor it is that a node gives out
    for node in nodes:
        cost = node.cost
        made_by[node.name] = made_by[node.inputs[0]] if cost.passes_input else node.name
        passes = not cost.stops_gradient and any(name in in_backward for name in node.inputs)
        if cost.parameters or passes:
            in_backward.add(node.name)
            if cost.keeps_inputs:
                outputs.update(made_by[name] for name in node.inputs)
            if cost.keeps_output:
                outputs.add(node.name)
    kept = {}
    for node in nodes:
        a_sample = prod(node.shape) * FLOAT_BYTES if node.name in outputs else 0
        own = node.cost if node.name in in_backward else None
        kept[node.name] = Kept(a_sample + (own.kept_bytes if own else 0), own.kept_bytes_fixed if own else 0)
    return kept
