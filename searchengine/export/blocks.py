"""How a graph of layers becomes nested modules: which scopes are blocks that can be called, in what order.

A scope becomes a module with a ``forward`` of its own when everything in it can run in one go. Where two
scopes feed each other, or a scope holds a single layer, it stays a plain container, and whoever holds it
calls its layers: names, and with them the weights' keys, are the same either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from searchengine.architecture.graph import Architecture, Node


class Call(NamedTuple):
    """One line of a ``forward``: ``attribute`` (dotted below ``self``) reads values and writes values of
    ``shapes``, all named by the nodes that made them. Exactly one of ``node`` and ``block`` is there."""

    attribute: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    node: Node | None
    block: Block | None


class Block(NamedTuple):
    """A module: ``path`` is its name (empty: the whole network), ``containers`` the plain containers inside,
    outer before inner, ``calls`` its forward in order."""

    path: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    containers: tuple[str, ...]
    calls: tuple[Call, ...]


def blocks(architecture: Architecture) -> Block:
    """The network as nested blocks. Layers keep the order of the graph wherever blocks allow."""
    nodes = [node for node in architecture.deployed if node.kind != "input"]
    readers: dict[str, set[str]] = {node.name: set() for node in architecture.deployed}
    for node in nodes:
        for source in node.inputs:
            readers[source].add(node.name)
    return _block("", nodes, readers, architecture.output, architecture.inputs)


def _block(
    path: str,
    nodes: Sequence[Node],
    readers: Mapping[str, set[str]],
    output: str,
    given: tuple[str, ...] = (),
) -> Block:
    own = {node.name for node in nodes}
    cut = len(path) + 1 if path else 0
    containers: set[str] = set()
    while True:
        items = _items(nodes, cut, containers)
        order, stuck = _ordered(items)
        lone = [name for name, members in items.items() if name not in own and len(members) == 1]
        broken = lone + [name for name in stuck if name not in own and name not in lone]
        if not broken:
            break
        containers.update(broken)
    calls = []
    for name in order:
        members = items[name]
        if name in own:
            calls.append(Call(name[cut:], members[0].inputs, (name,), (members[0].shape,), members[0], None))
        else:
            inner = _block(name, members, readers, output)
            made = {node.name: node.shape for node in members}
            shapes = tuple(made[value] for value in inner.outputs)
            calls.append(Call(name[cut:], inner.inputs, inner.outputs, shapes, None, inner))
    inputs = given or tuple(dict.fromkeys(s for node in nodes for s in node.inputs if s not in own))
    outputs = tuple(node.name for node in nodes if node.name == output or readers[node.name] - own)
    inside = tuple(sorted((name[cut:] for name in containers), key=lambda name: (name.count("."), name)))
    return Block(path, inputs, outputs, inside, tuple(calls))


def _items(nodes: Sequence[Node], cut: int, containers: set[str]) -> dict[str, list[Node]]:
    """What one level calls: layers and scopes by full name, each with the layers in it, by first layer."""
    items: dict[str, list[Node]] = {}
    for node in nodes:
        end = cut
        while True:
            stop = node.name.find(".", end)
            name = node.name if stop < 0 else node.name[:stop]
            if stop < 0 or name not in containers:
                break
            end = stop + 1
        items.setdefault(name, []).append(node)
    return items


def _ordered(items: Mapping[str, list[Node]]) -> tuple[list[str], list[str]]:
    """The items so that each comes after what it reads, first come first; and those that wait for
    themselves."""
    home = {node.name: name for name, members in items.items() for node in members}
    waits: dict[str, set[str]] = {}
    for name, members in items.items():
        waits[name] = {home[s] for node in members for s in node.inputs if s in home} - {name}
    order: list[str] = []
    done: set[str] = set()
    left = list(items)
    while left:
        ready = next((name for name in left if waits[name] <= done), None)
        if ready is None:
            return order, [name for name in left if _reaches_itself(name, waits)]
        order.append(ready)
        done.add(ready)
        left.remove(ready)
    return order, []


def _reaches_itself(name: str, waits: Mapping[str, set[str]]) -> bool:
    found: set[str] = set()
    waiting = list(waits[name])
    while waiting:
        one = waiting.pop()
        if one == name:
            return True
        if one not in found:
            found.add(one)
            waiting.extend(waits[one])
    return False
