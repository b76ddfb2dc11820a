"""An architecture as plain text: every layer with what it reads, its shape and its cost."""

from __future__ import annotations

from searchengine.architecture.costs import Costs
from searchengine.architecture.graph import Architecture, Node, Scope
from searchengine.architecture.shapes import Shape

_HEADER = ("layer", "kind", "reads", "output", "parameters", "multiply-adds")


def render(architecture: Architecture) -> str:
    """Lines that depend on the architecture alone: totals, then one line a layer, indented by scope.

    A layer that reads just the line before it shows no input. Scopes stand on lines of their own with
    their sums.
    """
    costs = architecture.costs_by_scope()
    rows: list[tuple[str, ...]] = [_HEADER]
    open_scopes: tuple[Scope, ...] = ()
    before: str | None = None
    for node in architecture.deployed:
        shared = _shared(open_scopes, node.scope)
        for depth in range(shared, len(node.scope)):
            rows.append(_scope_row(node.scope[: depth + 1], costs))
        open_scopes = node.scope
        rows.append(_node_row(node, before))
        before = node.name
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    table = [_line(row, widths) for row in rows]
    return "\n".join([*_totals(architecture), "", table[0], "-" * len(table[0]), *table[1:]]) + "\n"


def shape_text(shape: Shape) -> str:
    """``(16, 8, 8)`` as ``16×8×8``."""
    return "×".join(map(str, shape))


def count_text(count: int) -> str:
    """A count with thousands set apart; nothing for 0."""
    return f"{count:,}" if count else ""


def _totals(architecture: Architecture) -> list[str]:
    inputs = ", ".join(f"{name} {shape_text(architecture.node(name).shape)}" for name in architecture.inputs)
    features = ", ".join(
        f"{name} {shape_text(architecture.node(name).shape)}" for name in architecture.features
    )
    lines = [
        f"input          {inputs}",
        f"classes        {architecture.classes}",
        f"features       {features}",
        f"parameters     {architecture.parameters:,}",
        f"multiply-adds  {architecture.macs:,} for one sample",
    ]
    flow = sum(node.cost.kernel_macs for node in architecture.deployed if node.kind == "tvl1_flow")
    if kernels := architecture.kernel_macs - flow:
        lines.append(f"kernels        {kernels:,} multiplications to build them, once a pass")
    if flow:
        lines.append(f"flow           {flow:,} multiplications to compute it, of one sample")
    one = architecture.activation_bytes(1)
    lines.append(f"memory         {one:,} bytes kept for the backward pass of one sample")
    lines.append(
        f"resizable      {'yes' if architecture.resizable is None else 'no: ' + architecture.resizable}"
    )
    return lines


def _node_row(node: Node, before: str | None) -> tuple[str, ...]:
    inner = node.name[len(node.scope_path) + 1 :] if node.scope else node.name
    reads = "" if node.inputs in ((), (before,)) else ", ".join(node.inputs)
    kind = f"{node.kind} {node.summary}".rstrip()
    cost = node.cost
    return (
        "  " * len(node.scope) + inner,
        kind,
        reads,
        shape_text(node.shape),
        count_text(cost.parameters),
        count_text(cost.macs),
    )


def _scope_row(path: tuple[Scope, ...], costs: dict[str, Costs]) -> tuple[str, ...]:
    level = path[-1]
    total = costs[".".join(outer.name for outer in path)]
    words = [level.label] if level.label else []
    if level.of > 1:
        words.append(f"{level.repeat} of {level.of}")
    if level.variant:
        words.append(level.variant)
    name = "  " * (len(path) - 1) + level.name + "."
    return (name, ", ".join(words), "", "", count_text(total.parameters), count_text(total.macs))


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(row[:4], widths[:4], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(row[4:], widths[4:], strict=True)]
    return "  ".join([*left, *right]).rstrip()


def _shared(one: tuple[Scope, ...], other: tuple[Scope, ...]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
