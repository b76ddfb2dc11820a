"""Which widths of a network hang together: layers whose output channels can only change as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

from searchengine.architecture.graph import Architecture, Node


@dataclass(frozen=True, slots=True)
class ChannelGroup:
    """Layers that must have one output width, because their outputs are added, or pass on each other's
    channels.

    ``name`` is the first of ``members``, the nodes that make these channels, in node order. A new width
    must be divisible by ``divisor``. ``fixed`` is empty, or the reason why the width cannot change.
    """

    name: str
    width: int
    members: tuple[str, ...]
    divisor: int = 1
    fixed: str = ""


def channel_groups(architecture: Architecture) -> tuple[ChannelGroup, ...]:
    """All groups, in the order of their first members."""
    return _traced(architecture).groups()


def group_of_members(architecture: Architecture) -> dict[str, ChannelGroup]:
    """For every node that makes channels, its group."""
    return {name: group for group in channel_groups(architecture) for name in group.members}


class _Trace:
    """Union-find over the nodes that make channels, numbered in node order."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.widths: list[int] = []
        self.parent: list[int] = []
        self.divisor: list[int] = []
        self.fixed: list[str] = []

    def make(self, name: str, width: int) -> int:
        self.names.append(name)
        self.widths.append(width)
        self.parent.append(len(self.parent))
        self.divisor.append(1)
        self.fixed.append("")
        return self.parent[-1]

    def find(self, number: int) -> int:
        while self.parent[number] != number:
            self.parent[number] = self.parent[self.parent[number]]
            number = self.parent[number]
        return number

    def union(self, one: int, other: int) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        if low != high:
            self.parent[high] = low
            self.divisor[low] = lcm(self.divisor[low], self.divisor[high])
            self.fixed[low] = self.fixed[low] or self.fixed[high]

    def fix(self, numbers: Sequence[int], reason: str) -> None:
        for number in map(self.find, numbers):
            self.fixed[number] = self.fixed[number] or reason

    def divide(self, numbers: Sequence[int], divisor: int) -> None:
        for number in map(self.find, numbers):
            self.divisor[number] = lcm(self.divisor[number], divisor)

    def tie(self, node: Node, parts: Sequence[tuple[int, ...]]) -> None:
        """Tie outputs made of several parts to each other, part by part where the parts match."""
        widths = {tuple(self.widths[number] for number in numbers) for numbers in parts}
        if len(widths) > 1:
            reason = f"{node.name} puts together maps that are joined from parts of unlike widths"
            self.fix([number for numbers in parts for number in numbers], reason)
            return
        for numbers in parts[1:]:
            for one, other in zip(parts[0], numbers, strict=True):
                self.union(one, other)

    def groups(self) -> tuple[ChannelGroup, ...]:
        members: dict[int, list[str]] = {}
        for number, name in enumerate(self.names):
            members.setdefault(self.find(number), []).append(name)
        return tuple(
            ChannelGroup(names[0], self.widths[root], tuple(names), self.divisor[root], self.fixed[root])
            for root, names in members.items()
        )


def _traced(architecture: Architecture) -> _Trace:
    trace = _Trace()
    parts: dict[str, tuple[int, ...]] = {}  # the makers whose channels a node's output is joined from
    for node in architecture.nodes:
        role = node.role
        if role == "makes":
            parts[node.name] = (trace.make(node.name, node.shape[0]),)
        elif role == "joins":
            parts[node.name] = tuple(number for name in node.inputs for number in parts[name])
        else:
            parts[node.name] = parts[node.inputs[0]]
        if role == "ties":
            trace.tie(node, [parts[name] for name in node.inputs])
        if node.entry.fixed_width:
            trace.fix(parts[node.name], node.entry.fixed_width)
        divisor = node.entry.divisor(node.arguments, node.input_shapes)
        if divisor > 1:
            trace.divide([*parts[node.name], *(n for name in node.inputs for n in parts[name])], divisor)
    for name in architecture.inputs:
        trace.fix(parts[name], "these are the channels of the data")
    trace.fix(parts[architecture.output], "these are the classes")
    return trace
