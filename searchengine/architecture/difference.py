"""What became of a parent's network in its child: nodes added, removed and changed, matched by their
names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from searchengine.architecture.graph import Architecture, Node
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.jsontext import Json

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One node under one name, as it was and as it is."""

    before: Node
    after: Node

    @property
    def name(self) -> str:
        return self.after.name

    @property
    def arguments(self) -> dict[str, tuple[Any, Any]]:
        """What differs: (old, new) by argument, with ``kind`` and ``inputs`` among them; None where one
        side has no such argument."""
        old = {"kind": self.before.kind, "inputs": self.before.inputs, **self.before.arguments}
        new = {"kind": self.after.kind, "inputs": self.after.inputs, **self.after.arguments}
        names = [*new, *(name for name in old if name not in new)]
        return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


@dataclass(frozen=True)
class Difference:
    """``added`` and ``changed`` stand in the child's order, ``removed`` in the parent's.

    ``changed`` nodes have another kind, other arguments or other inputs; ``followed`` ones are the same
    layer on other shapes or in another place. ``order`` and ``frame`` (the child without nodes) are what
    it takes besides to make the child of the parent.
    """

    added: tuple[Node, ...]
    removed: tuple[Node, ...]
    changed: tuple[Change, ...]
    followed: tuple[Change, ...]
    added_edges: tuple[Edge, ...]
    removed_edges: tuple[Edge, ...]
    order: tuple[str, ...]
    frame: Architecture

    def __bool__(self) -> bool:
        """Whether any layer or edge differs."""
        return bool(self.added or self.removed or self.changed)

    def applied(self, parent: Architecture) -> Architecture:
        """The child. Raises :class:`InfeasibleArchitecture` when ``parent`` is not what this was made
        from."""
        nodes = dict(parent.by_name)
        for change in (*self.changed, *self.followed):
            if nodes.get(change.name) != change.before:
                raise InfeasibleArchitecture(f"this difference starts from another {change.name!r}")
            nodes[change.name] = change.after
        for node in self.removed:
            if nodes.pop(node.name, None) != node:
                raise InfeasibleArchitecture(f"this difference starts from another {node.name!r}")
        nodes |= {node.name: node for node in self.added}
        if set(nodes) != set(self.order):
            raise InfeasibleArchitecture("this difference starts from a network with other nodes")
        return replace(self.frame, nodes=tuple(nodes[name] for name in self.order))

    def to_json(self) -> Json:
        """For a page: names of added and removed nodes and edges, and old and new value of every change."""
        return {
            "added": [node.name for node in self.added],
            "removed": [node.name for node in self.removed],
            "changed": [
                {
                    "name": change.name,
                    "arguments": {key: list(pair) for key, pair in change.arguments.items()},
                }
                for change in self.changed
            ],
            "followed": [change.name for change in self.followed],
            "added_edges": [list(edge) for edge in self.added_edges],
            "removed_edges": [list(edge) for edge in self.removed_edges],
        }


def difference(parent: Architecture, child: Architecture) -> Difference:
    """How ``child`` differs from ``parent``; ``difference(p, c).applied(p) == c``."""
    old, new = parent.by_name, child.by_name
    pairs = [
        Change(old[node.name], node) for node in child.nodes if node.name in old and old[node.name] != node
    ]
    old_edges, new_edges = dict.fromkeys(parent.edges), dict.fromkeys(child.edges)
    return Difference(
        added=tuple(node for node in child.nodes if node.name not in old),
        removed=tuple(node for node in parent.nodes if node.name not in new),
        changed=tuple(pair for pair in pairs if pair.arguments),
        followed=tuple(pair for pair in pairs if not pair.arguments),
        added_edges=tuple(edge for edge in new_edges if edge not in old_edges),
        removed_edges=tuple(edge for edge in old_edges if edge not in new_edges),
        order=tuple(node.name for node in child.nodes),
        frame=replace(child, nodes=()),
    )
