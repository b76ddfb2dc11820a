"""One layer of the graph: its kind with complete arguments, where it stands, its shapes and its cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.kinds import Arguments, Kind, Role, kind_named
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture


@dataclass(frozen=True, slots=True)
class Scope:
    """One level of a node's scope path, outermost first.

    ``name`` is this level's part of the node's name (without the outer levels). ``repeat`` of ``of`` says
    which of how many stackings of one block this is (both 1 when it stands alone). Repeats of one block
    with equal
    ``variant`` are the same but for their widths: drawn and written once.
    """

    name: str
    label: str = ""
    repeat: int = 1
    of: int = 1
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One layer: its kind with complete arguments, the nodes it reads, and the shapes that follow.

    ``name`` is stable between parent and child, is the module's name in a built network and the prefix of its
    weights. Shapes are without the batch axis. ``tap`` names the output for those who look inside;
    a ``train_only`` node is left out of counts, drawing and export.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    arguments: Arguments
    scope: tuple[Scope, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    init: str = ""
    parameter_group: str = ""
    train_only: bool = False
    tap: str = ""

    @property
    def entry(self) -> Kind:
        """The pure entry of this node's kind."""
        return kind_named(self.kind)

    @property
    def cost(self) -> LayerCost:
        return layer_cost(self.kind, tuple(self.arguments.items()), self.input_shapes)

    @property
    def parameters(self) -> int:
        return self.cost.parameters

    @property
    def macs(self) -> int:
        return self.cost.macs

    @property
    def role(self) -> Role:
        return self.entry.channel_role(self.arguments, self.input_shapes)

    @property
    def summary(self) -> str:
        return self.entry.summary(self.arguments)

    @property
    def scope_path(self) -> str:
        """The scope's name with dots; empty at the top."""
        return ".".join(level.name for level in self.scope)

    def layer_arguments(self) -> Arguments:
        """Keyword arguments of this node's torch class; the initialisation only where it is not the
        default."""
        arguments = self.entry.layer_arguments(self.arguments, self.input_shapes)
        if self.init and self.init != self.entry.inits[0]:
            arguments = {**arguments, "init": self.init}
        return arguments


@lru_cache(maxsize=65_536)
def layer_cost(
    kind: str, arguments: tuple[tuple[str, object], ...], input_shapes: tuple[Shape, ...]
) -> LayerCost:
    """The cost of one layer; equal layers on equal shapes are counted once and remembered."""
    return kind_named(kind).cost(dict(arguments), input_shapes)


def inferred(node: Node, before: Mapping[str, Node]) -> Node:
    """``node`` with arguments completed and shapes inferred from the nodes ``before`` it.

    Raises :class:`InfeasibleArchitecture` naming the node when an input is missing or anything does not fit.
    """
    try:
        entry = kind_named(node.kind)
        if not entry.fewest_inputs <= len(node.inputs) <= entry.most_inputs:
            raise InfeasibleArchitecture(
                f"{node.kind} reads {entry.fewest_inputs} to {entry.most_inputs} nodes,"
                f" got {len(node.inputs)}"
            )
        missing = [name for name in node.inputs if name not in before]
        if missing:
            raise InfeasibleArchitecture(f"it reads {', '.join(missing)}, which no node before it is named")
        shapes = tuple(before[name].shape for name in node.inputs)
        given = tuple(node.arguments.items())
        if not _hashable(given):
            raise InfeasibleArchitecture(
                f"arguments must be plain values or tuples of them, got {node.arguments}"
            )
        arguments, shape = _inferred(node.kind, given, repr(given), shapes)
        if node.init and node.init not in entry.inits:
            raise InfeasibleArchitecture(f"{node.kind} knows the inits {entry.inits}, got {node.init!r}")
    except InfeasibleArchitecture as error:
        raise InfeasibleArchitecture(f"{node.name}: {error}") from None
    return replace(
        node,
        arguments=dict(arguments),
        input_shapes=shapes,
        shape=shape,
        init=node.init or (entry.inits[0] if entry.inits else ""),
        parameter_group=node.parameter_group or entry.parameter_group,
    )


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


@lru_cache(maxsize=65_536)
def _inferred(
    kind: str, arguments: tuple[tuple[str, object], ...], written: str, shapes: tuple[Shape, ...]
) -> tuple[tuple[tuple[str, object], ...], Shape]:
    """Complete arguments and output shape. ``written`` tells 1 from 1.0 and True, which are equal as keys."""
    entry = kind_named(kind)
    complete = entry.arguments(dict(arguments), shapes)
    return tuple(complete.items()), entry.shape(complete, shapes)
