"""A network that walks the nodes of its architecture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from torch import Tensor, nn

from searchengine.architecture.graph import Architecture, upstream


class Step(NamedTuple):
    """One layer of a walk: reads values by number, writes one, then lets go of those nobody reads any
    more."""

    layer: nn.Module
    reads: tuple[int, ...]
    writes: int
    last_read: tuple[int, ...]


class Walk(NamedTuple):
    """An ordered part of the graph, from the values at ``start`` to the values at ``end``."""

    steps: tuple[Step, ...]
    start: tuple[int, ...]
    end: tuple[int, ...]
    values: int

    def run(self, given: Sequence[Tensor]) -> tuple[Tensor, ...]:
        if len(given) != len(self.start):
            raise ValueError(f"this network takes {len(self.start)} tensors here, got {len(given)}")
        values: list[Tensor | None] = [None] * self.values
        for number, value in zip(self.start, given, strict=True):
            values[number] = value
        for layer, reads, writes, last_read in self.steps:
            if len(reads) == 1:
                values[writes] = layer(values[reads[0]])
            else:
                values[writes] = layer(*[values[number] for number in reads])
            for number in last_read:
                values[number] = None
        return tuple(cast(Tensor, values[number]) for number in self.end)


class Network(nn.Module):
    """The torch network of an architecture.

    A module is named as its node, dots making nested modules, so state-dict keys begin with node names.
    Inputs are tensors (B, C, ...) in the order of ``architecture.inputs``; the output is (B, classes) logits.
    ``head(features(x))`` equals ``forward(x)`` bit for bit where no randomness lies between.
    """

    def __init__(self, architecture: Architecture, layers: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.architecture = architecture
        for name, module in layers.items():
            self._place(name, module)
        a = architecture
        self._forward_walk = self._walk(a.inputs, (a.output,), layers)
        self._features_walk = self._walk(a.inputs, a.features, layers)
        self._head_walk = self._walk(a.features, (a.output,), layers)
        self._tap_names = tuple(node.name for node in a.nodes if node.tap)
        self._taps_walk = self._walk(a.inputs, (a.output, *self._tap_names), layers)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Logits (B, classes) of the inputs, in the order of ``architecture.inputs``."""
        return self._forward_walk.run(inputs)[0]

    def with_taps(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits, and the outputs of all tapped nodes by the names of their taps."""
        output, *tapped = self._taps_walk.run(inputs)
        taps = (self.architecture.node(name).tap for name in self._tap_names)
        return output, dict(zip(taps, tapped, strict=True))

    @property
    def features(self) -> Callable[..., tuple[Tensor, ...]]:
        """``features(*inputs)``: the maps just before global pooling, a tuple in the architecture's order."""
        return cast(
            Callable[..., tuple[Tensor, ...]], self._modules.get("features") or self._compute_features
        )

    @property
    def head(self) -> Callable[[tuple[Tensor, ...]], Tensor]:
        """``head(features)``: the logits of such a tuple."""
        return cast(Callable[[tuple[Tensor, ...]], Tensor], self._modules.get("head") or self._compute_head)

    def parameters_by_group(self) -> dict[str, list[nn.Parameter]]:
        """Every parameter once, under its node's parameter group (``weight``, ``norm``, ...)."""
        groups: dict[str, list[nn.Parameter]] = {}
        for node in self.architecture.nodes:
            if node.parameters:
                module = self.get_submodule(node.name)
                groups.setdefault(node.parameter_group, []).extend(module.parameters())
        return groups

    def _compute_features(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return self._features_walk.run(inputs)

    def _compute_head(self, features: tuple[Tensor, ...]) -> Tensor:
        return self._head_walk.run(features)[0]

    def _place(self, name: str, module: nn.Module) -> None:
        """Put ``module`` under its dotted name, making containers on the way."""
        *containers, last = name.split(".")
        parent: nn.Module = self
        for part in containers:
            if part not in parent._modules:
                parent._modules[part] = self._container(part, parent)
            parent = cast(nn.Module, parent._modules[part])
        # Not add_module: it refuses the names of the two properties above.
        parent._modules[last] = module

    def _container(self, name: str, parent: nn.Module) -> nn.Module:
        """A container; one that is named as a method of the network calls that method when called."""
        if parent is self and name == "features":
            return Called(self._compute_features)
        if parent is self and name == "head":
            return Called(self._compute_head)
        return nn.Module()

    def _walk(self, start: Iterable[str], end: Iterable[str], layers: Mapping[str, nn.Module]) -> Walk:
        start, end = tuple(start), tuple(end)
        needed = upstream(self.architecture, end, stop=start)
        nodes = [node for node in self.architecture.nodes if node.name in needed]
        numbers = {name: number for number, name in enumerate((*start, *(node.name for node in nodes)))}
        last_reader: dict[str, str] = {name: node.name for node in nodes for name in node.inputs}
        freed: dict[str, list[int]] = {}
        for name, reader in last_reader.items():
            if name not in end:
                freed.setdefault(reader, []).append(numbers[name])
        steps = tuple(
            Step(
                layers[node.name],
                tuple(numbers[name] for name in node.inputs),
                numbers[node.name],
                tuple(freed.get(node.name, ())),
            )
            for node in nodes
        )
        return Walk(steps, tuple(numbers[n] for n in start), tuple(numbers[n] for n in end), len(numbers))


class Called(nn.Module):
    """A container of layers that, called, runs a method of the network it lies in.

    A scope may be named ``head`` while ``network.head(...)`` computes the head: this is both.
    """

    def __init__(self, method: Callable[..., object]) -> None:
        super().__init__()
        self._method = method

    def forward(self, *given: object) -> object:
        return self._method(*given)
