"""The supernet of a round: the network of all active ops, walked along one path or along two for the gates.

Its modules stand under the names they have in a path's own network, so a path's weights are a subset of its
own. Nothing here is weighted by a gate: the outputs of a cell's ops are averaged as in the final network, and
gates get their gradient from a second path alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import BrokenContract
from searchengine.methods.nse.gates import LEAST, SPAN
from searchengine.methods.nse.sampling import Pair
from searchengine.methods.nse.subset import Cells, Ops
from searchengine.nets.build import build
from searchengine.nets.network import Network


class Gated(NamedTuple):
    """Logits (B, classes) along the first path of every pair, and the expected cost (a scalar that carries
    gradients to the gates)."""

    logits: Tensor
    cost: Tensor


class Layer(NamedTuple):
    """A module, and what it ``reads`` of its row: 0 the row's input, k the output of its k-th layer;
    ``last``: those that nothing after it reads."""

    module: nn.Module
    reads: tuple[int, ...]
    last: tuple[int, ...] = ()


class Supernet(nn.Module):
    """``architecture`` is the network of a path that uses every active op; ``kinds`` the string of cell
    kinds.

    Stem and tail must be chains of layers with one input; an op reads its cell's input alone, and its layers
    come after what they read. Modules are those of ``network``, whose state dict is the supernet's.
    """

    def __init__(self, architecture: Architecture, kinds: str) -> None:
        super().__init__()
        self.network: Network = build(architecture)
        self.kinds = kinds
        self._stem: list[Layer] = []
        self._tail: list[Layer] = []
        self._ops: list[dict[int, list[Layer]]] = [{} for _ in kinds]
        self._sort(architecture)

    def _sort(self, architecture: Architecture) -> None:
        after = False
        places: dict[str, int] = {}  # of a layer in its own row
        for node in architecture.nodes:
            if node.kind == "input":
                continue
            place = place_of(node.name)
            if place is None:
                row = self._tail if after else self._stem
            else:
                after = True
                cell, op = place
                if op is None:
                    continue  # the mean of the cell, which depends on the path
                row = self._ops[cell].setdefault(op, [])
            scope = node.name.rpartition(".")[0]
            # What stands in another scope is what the row begins with.
            reads = tuple(places[name] + 1 if name.rpartition(".")[0] == scope else 0 for name in node.inputs)
            if row and 0 in reads:
                raise BrokenContract(f"{node.name}: expected to read layers of {scope}, got {node.inputs}")
            places[node.name] = len(row)
            row.append(Layer(self.network.get_submodule(node.name), reads))
        self._stem, self._tail = _lasts(self._stem), _lasts(self._tail)
        self._ops = [{op: _lasts(row) for op, row in ops.items()} for ops in self._ops]

    @property
    def active(self) -> Cells:
        """The ops of every cell that the supernet was built with, ascending."""
        return tuple(tuple(sorted(ops)) for ops in self._ops)

    def forward(self, x: Tensor, path: Cells) -> Tensor:
        """Logits (B, classes) of ``x`` along ``path``."""
        x = _along(self._stem, x)
        for cell, ops in enumerate(path):
            x = self._cell(cell, x, ops)
        return _along(self._tail, x)

    def gated(
        self,
        x: Tensor,
        pairs: Sequence[Pair],
        active: Cells,
        alphas: Sequence[Tensor],
        costs: Sequence[Sequence[float]],
        fixed: float,
    ) -> Gated:
        """The two-path pass: every cell gives out y_a in value, while gates see both subsets.

        y = y_a (p_a + 1 - sg(p_a)) + sg(y_b) (p_b - sg(p_b)); the expected cost of a cell is
        p_a cost(a) + p_b cost(b). ``alphas`` and ``costs`` stand in the order of ``active``, cell by cell.
        """
        x = _along(self._stem, x)
        expected = torch.tensor(fixed, dtype=torch.float64)
        for cell, pair in enumerate(pairs):
            row = dict(zip(active[cell], costs[cell], strict=True))
            cost_a = sum(row[op] for op in pair.a)
            if pair.b is None:
                x, expected = self._cell(cell, x, pair.a), expected + cost_a
                continue
            share = _share(alphas[cell], pair)
            with torch.no_grad():
                y_b = self._cell(cell, x, pair.b)
            y_a = self._cell(cell, x, pair.a)
            other = 1.0 - share
            held, other_held = share.detach(), other.detach()
            x = y_a * (share + 1.0 - held).to(y_a.dtype) + y_b * (other - other_held).to(y_a.dtype)
            expected = expected + share * cost_a + other * sum(row[op] for op in pair.b)
        return Gated(_along(self._tail, x), expected)

    def _cell(self, cell: int, x: Tensor, ops: Ops) -> Tensor:
        outputs = [_along(self._ops[cell][op], x) for op in ops]
        if self.kinds[cell] == "N":
            outputs.insert(0, x)
        total = outputs[0]
        for output in outputs[1:]:
            total = total + output
        return total / len(outputs) if len(outputs) > 1 else total


def place_of(name: str) -> tuple[int, int | None] | None:
    """Cell and op of a node by its name (``cell3.op12.expand``); no op for the cell's own layers; None for
    stem and tail."""
    first, _, rest = name.partition(".")
    if not (first.startswith("cell") and first[4:].isdecimal()):
        return None
    second = rest.partition(".")[0]
    op = int(second[2:]) if second.startswith("op") and second[2:].isdecimal() else None
    return int(first[4:]), op


def _along(row: Sequence[Layer], x: Tensor) -> Tensor:
    held = {0: x}
    for place, layer in enumerate(row, 1):
        x = layer.module(*(held[read] for read in layer.reads))
        for read in layer.last:
            del held[read]
        held[place] = x
    return x


def _lasts(row: Sequence[Layer]) -> list[Layer]:
    """``row`` with the last reader of every output marked, so that maps are not held longer than needed."""
    reader = {read: place for place, layer in enumerate(row) for read in layer.reads}
    return [
        layer._replace(last=tuple({read for read in layer.reads if reader[read] == place}))
        for place, layer in enumerate(row)
    ]


def _share(alphas: Tensor, pair: Pair) -> Tensor:
    """p_a = q_a / (q_a + q_b) with gradients to the gates of a cell."""
    p = SPAN * torch.sigmoid(alphas) + LEAST
    on, off = torch.log(p), torch.log1p(-p)
    a = torch.tensor(pair.on_a)
    b = torch.tensor(pair.on_b)
    difference = torch.where(a, on, off).sum() - torch.where(b, on, off).sum()
    return torch.sigmoid(difference)
