"""What every kind of layer tells about itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from searchengine.architecture.costs import LayerCost
from searchengine.architecture.shapes import Shape
from searchengine.core.errors import InfeasibleArchitecture

Arguments = dict[
    str, Any
]  # values are int, float, bool, str or tuples of them: hashable, and JSON after list()

Role = Literal["makes", "keeps", "ties", "joins"]
"""What a layer does to channels: makes new ones, keeps its input's, ties its inputs' to each other, joins
them."""


class Kind(ABC):
    """One kind of layer: pure functions of its arguments and its inputs' shapes (channels first, no batch).

    ``layer_module`` and ``layer_class`` name the torch class that computes it; its file imports torch
    alone, and :meth:`layer_arguments` gives the class's keyword arguments. Both the network builder and
    the source writer use these three. A kind without a layer (the input) has empty names.
    ``fixed_width`` is the reason why a kind that makes channels always makes as many (empty: any number).
    ``inits`` are the initialisations its layer knows, the default first; ``parameter_group`` is where its
    parameters belong unless a node says otherwise.
    """

    name: ClassVar[str]
    role: ClassVar[Role] = "keeps"
    fewest_inputs: ClassVar[int] = 1
    most_inputs: ClassVar[int] = 1
    layer_module: ClassVar[str] = ""
    layer_class: ClassVar[str] = ""
    fixed_width: ClassVar[str] = ""
    inits: ClassVar[tuple[str, ...]] = ()
    parameter_group: ClassVar[str] = ""

    @abstractmethod
    def arguments(self, given: Arguments, shapes: Sequence[Shape]) -> Arguments:
        """``given`` completed: defaults filled in, padding made explicit, values checked, order fixed.

        Idempotent. Raises :class:`InfeasibleArchitecture` for an unknown argument or a wrong value.
        """

    @abstractmethod
    def shape(self, arguments: Arguments, shapes: Sequence[Shape]) -> Shape:
        """The output's shape; raises :class:`InfeasibleArchitecture` where the inputs do not fit."""

    @abstractmethod
    def cost(self, arguments: Arguments, shapes: Sequence[Shape]) -> LayerCost:
        """Exact parameters and multiply-adds, and what autograd keeps (see :class:`LayerCost`)."""

    @abstractmethod
    def layer_arguments(self, arguments: Arguments, shapes: Sequence[Shape]) -> Arguments:
        """Keyword arguments of the torch class, ready to pass or to print."""

    def channel_role(self, arguments: Arguments, shapes: Sequence[Shape]) -> Role:
        """The role under these arguments; only a depthwise convolution differs from the kind's own."""
        return self.role

    def divisor(self, arguments: Arguments, shapes: Sequence[Shape]) -> int:
        """What the widths of input and output must be divisible by."""
        return 1

    def widened(self, arguments: Arguments, shapes: Sequence[Shape], channels: int | None) -> Arguments:
        """Arguments over inputs of other widths; ``channels`` is the new output width of one that makes
        channels."""
        return arguments if channels is None else {**arguments, "channels": channels}

    def summary(self, arguments: Arguments) -> str:
        """The arguments in a few characters, for a box or a table row: ``3×3 /2``."""
        return ""


def take(given: Arguments, kind: str, **defaults: Any) -> Arguments:
    """``given`` over ``defaults``, in the order of the defaults; ``...`` marks one that must be given."""
    unknown = set(given) - set(defaults)
    if unknown:
        raise InfeasibleArchitecture(
            f"{kind} has no argument {', '.join(sorted(unknown))}; it takes {', '.join(defaults) or 'none'}"
        )
    taken = {name: given.get(name, default) for name, default in defaults.items()}
    missing = [name for name, value in taken.items() if value is ...]
    if missing:
        raise InfeasibleArchitecture(f"{kind} needs {', '.join(missing)}")
    return taken


def times(sizes: Sequence[int]) -> str:
    """``(3, 3)`` as ``3×3``."""
    return "×".join(map(str, sizes))


def strided(stride: Sequence[int]) -> str:
    """A stride as shown behind a kernel: nothing for 1, `` /2`` where all axes agree, `` /1×2×2``
    otherwise."""
    if set(stride) == {1}:
        return ""
    return f" /{stride[0]}" if len(set(stride)) == 1 else f" /{times(stride)}"
