"""The layer graph: nodes in parameter order, and what follows from them without building a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from searchengine.architecture.costs import Costs
from searchengine.architecture.memory import Kept, kept_by_node
from searchengine.architecture.names import Claims
from searchengine.architecture.node import Node, Scope, inferred
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.jsontext import Json, digest

__all__ = ["Architecture", "Node", "Scope", "checked", "upstream"]

SCHEMA = 1


@dataclass(frozen=True)
class Architecture:
    """A static graph of layers. Made by :class:`~searchengine.architecture.builder.Builder`.

    ``nodes`` stand in topological order, which is the order of parameters in a built network. ``features``
    are the maps just before global pooling: every path from an input to the output passes one of them.
    ``resizable`` is None, or the reason why widths cannot be changed.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    output: str
    features: tuple[str, ...]
    classes: int
    resizable: str | None = None

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.nodes}

    def node(self, name: str) -> Node:
        """The node of that name; raises :class:`InfeasibleArchitecture` when there is none."""
        try:
            return self.by_name[name]
        except KeyError:
            raise InfeasibleArchitecture(f"this network has no node {name!r}") from None

    @cached_property
    def consumers(self) -> Mapping[str, tuple[str, ...]]:
        """For each node, who reads it, in order."""
        readers: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in node.inputs:
                readers[name].append(node.name)
        return {name: tuple(names) for name, names in readers.items()}

    @property
    def edges(self) -> Iterator[tuple[str, str]]:
        """Pairs (from, to), in the order of the reading nodes and of their inputs."""
        return ((source, node.name) for node in self.nodes for source in node.inputs)

    @cached_property
    def deployed(self) -> tuple[Node, ...]:
        """The nodes that counts, drawing and export speak of: all but the train-only ones."""
        return tuple(node for node in self.nodes if not node.train_only)

    @cached_property
    def costs(self) -> Costs:
        """Totals of the deployed network."""
        return self.costs_by_scope()[""]

    @property
    def parameters(self) -> int:
        return self.costs.parameters

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers for one sample (``flops`` in every JSON)."""
        return self.costs.macs

    @property
    def kernel_macs(self) -> int:
        """Multiplications that build kernels (once a pass) or flow (a sample): not part of :attr:`macs`."""
        return self.costs.kernel_macs

    def activation_bytes(self, batch: int) -> int:
        """Bytes autograd keeps for the backward pass of a batch, float32, parameters and buffers excluded.

        Train-only nodes are included here: they hold memory while training. An upper bound within a
        quarter of what a built network keeps on a CPU; an accelerator keeps up to a copy of the input less
        for each maximum over overlapping windows.
        """
        return sum(batch * kept.a_sample + kept.a_pass for kept in self._kept.values())

    def costs_by_scope(self) -> dict[str, Costs]:
        """Costs of every scope by its dotted path, of every level; the empty path is the whole network."""
        totals: dict[str, list[int]] = {"": [0] * len(Costs._fields)}
        for node in self.deployed:
            cost = node.cost
            parts = (cost.parameters, cost.macs, cost.kernel_macs, *self._kept[node.name])
            path = ""
            for level in (None, *node.scope):
                if level is not None:
                    path = f"{path}.{level.name}" if path else level.name
                total = totals.setdefault(path, [0] * len(parts))
                for index, part in enumerate(parts):
                    total[index] += part
        return {path: Costs(*total) for path, total in totals.items()}

    @cached_property
    def _kept(self) -> Mapping[str, Kept]:
        return kept_by_node(self.nodes)

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits, equal for equal graphs: the key under which drawings are stored."""
        return digest(self.to_json())

    def to_json(self) -> Json:
        """The graph as JSON; shapes are left out, they are inferred again on reading."""
        scopes: dict[tuple[Scope, ...], int] = {}
        nodes = []
        for node in self.nodes:
            record: Json = {"name": node.name, "kind": node.kind, "inputs": list(node.inputs)}
            record["arguments"] = {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in node.arguments.items()
            }
            record["scope"] = scopes.setdefault(node.scope, len(scopes))
            for name in ("init", "parameter_group", "train_only", "tap"):
                if value := getattr(node, name):
                    record[name] = value
            nodes.append(record)
        return {
            "schema": SCHEMA,
            "classes": self.classes,
            "inputs": list(self.inputs),
            "output": self.output,
            "features": list(self.features),
            "resizable": self.resizable,
            "scopes": [[_scope_json(level) for level in path] for path in scopes],
            "nodes": nodes,
        }

    @classmethod
    def from_json(cls, value: Json) -> Architecture:
        """The graph of :meth:`to_json`; every shape is inferred and checked anew.

        Raises :class:`InfeasibleArchitecture` for another schema or a graph that does not fit together.
        """
        if value.get("schema") != SCHEMA:
            raise InfeasibleArchitecture(
                f"an architecture of schema {SCHEMA} was expected, got {value.get('schema')!r}"
            )
        paths = [tuple(Scope(**level) for level in path) for path in value["scopes"]]
        nodes: dict[str, Node] = {}
        claims = Claims()
        for record in value["nodes"]:
            claims.claim(record["name"])
            nodes[record["name"]] = inferred(
                Node(
                    name=record["name"],
                    kind=record["kind"],
                    inputs=tuple(record["inputs"]),
                    arguments={
                        name: tuple(item) if isinstance(item, list) else item
                        for name, item in record["arguments"].items()
                    },
                    scope=paths[record["scope"]],
                    input_shapes=(),
                    shape=(),
                    init=record.get("init", ""),
                    parameter_group=record.get("parameter_group", ""),
                    train_only=record.get("train_only", False),
                    tap=record.get("tap", ""),
                ),
                nodes,
            )
        return checked(
            cls(
                nodes=tuple(nodes.values()),
                inputs=tuple(value["inputs"]),
                output=value["output"],
                features=tuple(value["features"]),
                classes=value["classes"],
                resizable=value["resizable"],
            )
        )


def _scope_json(level: Scope) -> Json:
    default = Scope(level.name)
    fields = {name: getattr(level, name) for name in ("label", "repeat", "of", "variant")}
    return {"name": level.name} | {
        name: item for name, item in fields.items() if item != getattr(default, name)
    }


def checked(architecture: Architecture) -> Architecture:
    """``architecture`` if it is a network: one output of shape (classes,), features that cut it in two,
    nothing unused.

    Raises :class:`InfeasibleArchitecture` otherwise.
    """
    output = architecture.node(architecture.output)
    if output.shape != (architecture.classes,):
        raise InfeasibleArchitecture(
            f"the output must have shape ({architecture.classes},), one number a class;"
            f" {output.name} has {output.shape}"
        )
    if not architecture.features:
        raise InfeasibleArchitecture("a network must name its features, the maps just before global pooling")
    if architecture.inputs != tuple(node.name for node in architecture.nodes if node.kind == "input"):
        raise InfeasibleArchitecture("the inputs of a network must be all its input nodes, in order")
    head = upstream(architecture, (output.name,), stop=architecture.features)
    if entered := sorted(head.intersection(architecture.inputs)):
        raise InfeasibleArchitecture(
            f"the features {architecture.features} must separate the output from the inputs,"
            f" but a path from {entered[0]} goes around them"
        )
    used = upstream(architecture, (output.name,)) | upstream(
        architecture, tuple(node.name for node in architecture.nodes if node.train_only)
    )
    unused = [node.name for node in architecture.nodes if node.name not in used]
    if unused:
        raise InfeasibleArchitecture(
            f"nothing reads {', '.join(unused[:5])}; leave out what does not reach the output"
        )
    if idle := [name for name in architecture.features if name not in used]:
        raise InfeasibleArchitecture(f"the features {idle} do not reach the output")
    return architecture


def upstream(architecture: Architecture, names: tuple[str, ...], stop: tuple[str, ...] = ()) -> set[str]:
    """``names`` and every node they read, directly or not, without going past ``stop`` (which is not
    included)."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found or name in stop:
            continue
        found.add(name)
        waiting.extend(architecture.node(name).inputs)
    return found
