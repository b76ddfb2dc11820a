"""How a layer looks: its words, its temporal digit and its colour class."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from searchengine.architecture.graph import Node

CHARACTER = 7.4
"""Width in pixels a character is reckoned with (12 px sans-serif, generous, for wide fonts)."""

HEIGHT = 40.0
GROUP_HEIGHT = 44.0
DIGIT_WIDTH = 22.0


class Look(NamedTuple):
    """``colour`` is a class of the page's stylesheet."""

    label: str
    digit: str
    colour: str


def look(node: Node, before: Mapping[str, Node]) -> Look:
    """How ``node`` is drawn. ``before`` holds the nodes it may read, to know a (2+1)D pair by its first half.

    The figure code of space-time networks: 3D convolutions blue, (2+1)D orange, iTGM green, pools grey, 1×1
    pink; the digit is the temporal size.
    """
    if node.kind == "input":
        return Look(f"input {node.name}", "", "input")
    words = f"{node.kind.replace('_', ' ')} {node.summary}".strip()
    if node.kind == "conv":
        return _convolution(node, before)
    if node.kind == "itgm":
        kernel = node.arguments["kernel"]
        return Look(f"iTGM {node.summary}", str(kernel[0]), "itgm")
    if node.kind == "pool":
        kernel = node.arguments["kernel"]
        words = words.replace("pool max", "max pool").replace("pool avg", "average pool")
        return Look(words, str(kernel[0]) if len(kernel) == 3 else "", "pool")
    if node.kind == "tvl1_flow":
        return Look(f"TV-L1 flow {node.summary}", "", "plain")
    if node.kind == "weighted_sum":
        return Look(words, "", "join")
    if node.kind == "add" and node.arguments["average"]:
        return Look("average", "", "join")
    if node.kind == "linear":
        return Look(f"linear to {node.shape[0]}", "", "linear")
    if len(node.inputs) > 1:
        return Look(words, "", "join")
    return Look(words, "", "plain")


def _convolution(node: Node, before: Mapping[str, Node]) -> Look:
    kernel = tuple(node.arguments["kernel"])
    if prod(kernel) == 1:
        return Look(f"conv {node.summary}", "1" if len(kernel) == 3 else "", "point")
    if len(kernel) != 3:
        return Look(f"conv {node.summary}", "", "conv2d")
    if kernel[0] > 1 and prod(kernel[1:]) == 1:
        return Look(f"(2+1)D {node.summary}", str(kernel[0]), "conv2p1d")
    if kernel[0] == 1 and _after_temporal(node, before):
        return Look(f"(2+1)D {node.summary}", "1", "conv2p1d")
    return Look(f"3D conv {node.summary}", str(kernel[0]), "conv3d")


def _after_temporal(node: Node, before: Mapping[str, Node]) -> bool:
    """Whether a purely temporal convolution stands before ``node`` with only norms and activations
    between."""
    source = before.get(node.inputs[0])
    while source is not None and source.kind in ("norm", "activation"):
        source = before.get(source.inputs[0])
    if source is None or source.kind != "conv":
        return False
    kernel = source.arguments["kernel"]
    return len(kernel) == 3 and kernel[0] > 1 and prod(kernel[1:]) == 1


def size(label: str, digit: str, second_line: str) -> tuple[float, float]:
    """Width and height of a box with a label and a smaller line below it."""
    text = max(len(label) * CHARACTER, len(second_line) * CHARACTER * 0.85)
    return max(72.0, text + 18.0 + (DIGIT_WIDTH if digit else 0.0)), HEIGHT
