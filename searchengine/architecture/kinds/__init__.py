"""The kinds of layer a graph may hold: one file each, one pure entry each.

A method that brings a kind of its own calls :func:`register` when its package is imported.
"""

from __future__ import annotations

from searchengine.architecture.kinds.activation import Activation
from searchengine.architecture.kinds.add import Add
from searchengine.architecture.kinds.base import Arguments, Kind, Role
from searchengine.architecture.kinds.concat import Concat
from searchengine.architecture.kinds.conv import Conv
from searchengine.architecture.kinds.dropout import Dropout
from searchengine.architecture.kinds.frame_softmax import FrameSoftmax
from searchengine.architecture.kinds.input import Input
from searchengine.architecture.kinds.itgm import ITGM
from searchengine.architecture.kinds.linear import Linear
from searchengine.architecture.kinds.mean import Mean
from searchengine.architecture.kinds.multiply import Multiply
from searchengine.architecture.kinds.norm import Norm
from searchengine.architecture.kinds.pool import Pool
from searchengine.architecture.kinds.tvl1_flow import TVL1Flow
from searchengine.architecture.kinds.weighted_sum import WeightedSum
from searchengine.core.errors import InfeasibleArchitecture

__all__ = ["Arguments", "Kind", "Role", "kind_named", "kinds", "register"]

_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make ``kind`` known under its name.

    The same class may come again, when its module is imported anew. Raises ``ValueError`` when a kind of
    another class has that name.
    """
    known = type(_KINDS.get(kind.name, kind))
    if (known.__module__, known.__qualname__) != (type(kind).__module__, type(kind).__qualname__):
        raise ValueError(f"a layer kind named {kind.name!r} exists already; choose another name")
    _KINDS[kind.name] = kind


def kinds() -> dict[str, Kind]:
    """Every kind by name, in the order of registration (a copy)."""
    return dict(_KINDS)


def kind_named(name: str) -> Kind:
    """The kind of that name; raises :class:`InfeasibleArchitecture` listing what there is."""
    try:
        return _KINDS[name]
    except KeyError:
        raise InfeasibleArchitecture(
            f"no layer kind is named {name!r}; there are {', '.join(_KINDS)}"
        ) from None


for _kind in (
    Input(),
    Conv(),
    ITGM(),
    Linear(),
    Norm(),
    Activation(),
    Pool(),
    Mean(),
    Add(),
    Concat(),
    Dropout(),
    WeightedSum(),
    FrameSoftmax(),
    TVL1Flow(),
    Multiply(),
):
    register(_kind)
