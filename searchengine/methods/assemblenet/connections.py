"""Connection weights as they travel: by block in findings, as small whole numbers in a search's state.

A weight is the sigmoid of a logit, in (0, 1), rounded to four decimals everywhere, so that a search
thresholds exactly what it stores and shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

from searchengine.core.jsontext import Json
from searchengine.methods.assemblenet.genome import Edge, Genome

DECIMALS = 4
_STEPS = 10**DECIMALS
EDGE = "w "
"""How the name of a connection's weight begins in a curve."""


def rounded(weight: float) -> float:
    return round(weight, DECIMALS)


def by_block(genome: Genome, weights: Mapping[Edge, float]) -> Json:
    """``{"6": [0.1381, 0.8465], ...}``: for every block with several inputs their weights in order."""
    return {
        str(block.id): [rounded(weights[(source, block.id)]) for source in block.inputs]
        for block in genome.blocks
        if len(block.inputs) > 1 and all((source, block.id) in weights for source in block.inputs)
    }


def from_blocks(genome: Genome, found: Json) -> dict[Edge, float]:
    """The weights of :func:`by_block`; blocks whose list does not fit the genome are passed over."""
    weights: dict[Edge, float] = {}
    for block in genome.blocks:
        row = found.get(str(block.id), [])
        if len(block.inputs) > 1 and len(row) == len(block.inputs):
            weights |= {
                (source, block.id): float(value) for source, value in zip(block.inputs, row, strict=True)
            }
    return weights


def packed(genome: Genome, weights: Mapping[Edge, float]) -> list[int]:
    """Weights in the order of ``genome.weighted`` as whole numbers of 1/10,000; -1 where there is none."""
    return [round(weights[edge] * _STEPS) if edge in weights else -1 for edge in genome.weighted]


def unpacked(genome: Genome, numbers: Sequence[int]) -> dict[Edge, float]:
    return {
        edge: number / _STEPS for edge, number in zip(genome.weighted, numbers, strict=True) if number >= 0
    }


def logit(weight: float) -> float:
    """ln(p / (1 - p)), of weights kept 0.0001 away from 0 and 1."""
    p = min(max(weight, 1 / _STEPS), 1 - 1 / _STEPS)
    return log(p / (1 - p))


def curve_name(edge: Edge) -> str:
    """The name of a connection's weight in a curve: ``w 0>6``."""
    return f"{EDGE}{edge[0]}>{edge[1]}"


def edge_named(name: str) -> Edge | None:
    """The connection that a curve's name stands for; None for other names."""
    if not name.startswith(EDGE):
        return None
    source, _, target = name.removeprefix(EDGE).partition(">")
    return (int(source), int(target)) if source.isdecimal() and target.isdecimal() else None
