"""Builds an architecture a layer at a time; every call infers and checks shapes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from searchengine.architecture.graph import Architecture, checked
from searchengine.architecture.kinds import Arguments
from searchengine.architecture.names import Claims, checked_name
from searchengine.architecture.node import Node, Scope, inferred
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.setting import Setting

Sizes = int | Sequence[int]


@dataclass(frozen=True, slots=True)
class Ref:
    """The output of a node just added. ``shape`` is channels first, without the batch axis."""

    name: str
    shape: Shape

    @property
    def channels(self) -> int:
        return self.shape[0]


class Builder:
    """Adds nodes in parameter order and hands out references to their outputs.

    Names nest with scopes: inside ``scope("block1", repeat=(1, 2))`` a node named ``conv`` is
    ``block1.r1.conv``. A node without a name takes its kind's, with a number where that is taken.
    Every method raises :class:`InfeasibleArchitecture` as soon as something does not fit.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._nodes: dict[str, Node] = {}
        self._claims = Claims()
        self._scope: tuple[Scope, ...] = ()

    @contextmanager
    def scope(
        self, name: str, *, repeat: tuple[int, int] | None = None, variant: str = "", label: str = ""
    ) -> Iterator[None]:
        """Names inside begin with ``name``. ``repeat=(i, n)``: this is the i-th of n stackings (i from 1),
        and names go on with ``r<i>``; stackings of equal ``variant`` are drawn and written once."""
        number, of = repeat or (1, 1)
        if not 1 <= number <= of:
            raise InfeasibleArchitecture(
                f"scope {name!r}: repeat must be (i, n) with 1 <= i <= n, got {repeat}"
            )
        suffix = f"r{number}"
        if repeat is not None and name.rsplit(".", 1)[-1] != suffix:
            name = f"{name}.{suffix}"
        outer = self._scope
        self._scope = (*outer, Scope(checked_name(name), label, number, of, variant))
        try:
            yield
        finally:
            self._scope = outer

    def input(self, name: str, *, tap: str = "") -> Ref:
        """The input of that name in the setting."""
        if name not in self._setting.inputs:
            there = ", ".join(self._setting.inputs) or "none"
            raise InfeasibleArchitecture(f"the setting has no input {name!r}; it has {there}")
        return self.node("input", name=name, shape=tuple(self._setting.inputs[name]), tap=tap)

    def node(
        self,
        kind: str,
        *inputs: Ref,
        name: str | None = None,
        init: str = "",
        parameter_group: str = "",
        train_only: bool = False,
        tap: str = "",
        **arguments: Any,
    ) -> Ref:
        """A layer of any registered kind. The other methods are this one with their kind's arguments spelled
        out."""
        path = "".join(f"{level.name}." for level in self._scope)
        full = self._claims.free(path + kind) if name is None else path + name
        for ref in inputs:
            if ref.name not in self._nodes or self._nodes[ref.name].shape != ref.shape:
                raise InfeasibleArchitecture(f"{full}: {ref.name!r} was not made by this builder")
        given = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
        sources = tuple(ref.name for ref in inputs)
        node = Node(full, kind, sources, given, self._scope, (), (), init, parameter_group, train_only, tap)
        node = inferred(node, self._nodes)
        self._claims.claim(full)
        self._nodes[full] = node
        return Ref(full, node.shape)

    def conv(
        self,
        x: Ref,
        channels: int,
        *,
        kernel: Sizes,
        stride: Sizes = 1,
        padding: Sizes | None = None,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> Ref:
        """Convolution over all axes of ``x`` but the channels; ``padding`` None is dilation·(k // 2) on each
        side."""
        sizes: Arguments = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        return self.node(
            "conv", x, name=name, channels=channels, **sizes, groups=groups, bias=bias, **options
        )

    def itgm(
        self,
        x: Ref,
        channels: int,
        *,
        kernel: Sizes,
        stride: Sizes = 1,
        padding: Sizes | None = None,
        profiles: int = 4,
        profile: str = "release",
        name: str | None = None,
        **options: Any,
    ) -> Ref:
        """Inflated temporal Gaussian mixture of kernel (t, kh, kw) over a clip; a norm layer should
        follow."""
        sizes: Arguments = {"kernel": kernel, "stride": stride, "padding": padding}
        mixture: Arguments = {"profiles": profiles, "profile": profile}
        return self.node("itgm", x, name=name, channels=channels, **sizes, **mixture, **options)

    def linear(
        self, x: Ref, channels: int, *, bias: bool = True, name: str | None = None, **options: Any
    ) -> Ref:
        return self.node("linear", x, name=name, channels=channels, bias=bias, **options)

    def norm(
        self, x: Ref, *, eps: float = 1e-5, momentum: float = 0.1, name: str | None = None, **options: Any
    ) -> Ref:
        """Batch normalisation over channels; ``init="zero"`` starts with a scale of 0."""
        return self.node("norm", x, name=name, eps=eps, momentum=momentum, **options)

    def activation(self, x: Ref, function: str = "relu", *, name: str | None = None, **options: Any) -> Ref:
        return self.node("activation", x, name=name, function=function, **options)

    def pool(
        self,
        x: Ref,
        op: str,
        *,
        kernel: Sizes,
        stride: Sizes | None = None,
        padding: Sizes | None = None,
        count_include_pad: bool = False,
        ceil: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> Ref:
        """``op`` is max or avg; ``stride`` None is the kernel; ``padding`` None is k // 2 for odd, 0 for
        even windows; ``ceil``: a partial window at the end counts."""
        sizes: Arguments = {"kernel": kernel, "stride": stride, "padding": padding}
        how: Arguments = {"count_include_pad": count_include_pad, "ceil": ceil}
        return self.node("pool", x, name=name, op=op, **sizes, **how, **options)

    def mean(
        self, x: Ref, *, axes: Sequence[str], keepdim: bool = False, name: str | None = None, **options: Any
    ) -> Ref:
        """Mean over axes named T, H, W."""
        return self.node("mean", x, name=name, axes=tuple(axes), keepdim=keepdim, **options)

    def add(self, *xs: Ref, average: bool = False, name: str | None = None, **options: Any) -> Ref:
        """The sum of maps of one shape, or their mean."""
        return self.node("add", *xs, name=name, average=average, **options)

    def multiply(self, x: Ref, y: Ref, *, name: str | None = None, **options: Any) -> Ref:
        """The product of two maps of equal channels; an axis of one place is stretched over the other's."""
        return self.node("multiply", x, y, name=name, **options)

    def weighted_sum(self, *xs: Ref, name: str | None = None, **options: Any) -> Ref:
        """The sum of maps of one shape, each times the sigmoid of a logit of its own."""
        return self.node("weighted_sum", *xs, name=name, **options)

    def frame_softmax(self, x: Ref, *, name: str | None = None, **options: Any) -> Ref:
        """A sequence (C, T) to (C,), frames weighted by a softmax over time."""
        return self.node("frame_softmax", x, name=name, **options)

    def tvl1_flow(
        self, x: Ref, *, iterations: int = 40, clip: float = 4.0, name: str | None = None, **options: Any
    ) -> Ref:
        """The optical flow of a clip, (2, T, H, W); ``clip`` pixels of displacement become 1."""
        return self.node("tvl1_flow", x, name=name, iterations=iterations, clip=clip, **options)

    def concat(self, *xs: Ref, name: str | None = None, **options: Any) -> Ref:
        return self.node("concat", *xs, name=name, **options)

    def dropout(self, x: Ref, rate: float, *, name: str | None = None, **options: Any) -> Ref:
        return self.node("dropout", x, name=name, rate=rate, **options)

    def finish(self, *, features: Sequence[Ref], output: Ref, resizable: str | None = None) -> Architecture:
        """The graph, checked whole. ``features`` are the maps just before global pooling; ``resizable`` is
        None or the reason why widths may not be changed."""
        return checked(
            Architecture(
                nodes=tuple(self._nodes.values()),
                inputs=tuple(name for name, node in self._nodes.items() if node.kind == "input"),
                output=output.name,
                features=tuple(ref.name for ref in features),
                classes=self._setting.classes,
                resizable=resizable,
            )
        )
