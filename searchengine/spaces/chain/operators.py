"""Random chains and mutations: pure functions of genome, options and generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json, JsonValue
from searchengine.core.method import Child
from searchengine.spaces.chain import genome as code


class Options(NamedTuple):
    """What may stand in a genome: channel counts, the most blocks, and the input's smaller side in pixels."""

    widths: tuple[int, ...]
    most_blocks: int
    side: int

    def genes(self) -> dict[str, Sequence[JsonValue]]:
        return {
            "channels": self.widths,
            "kernel": code.KERNELS,
            "stride": code.STRIDES,
            "pool": (False, True),
            "activation": code.ACTIVATIONS,
        }


def random_chain(options: Options, rng: np.random.Generator) -> Json:
    """A chain of uniformly drawn length and genes that leaves at least one pixel."""
    while True:
        blocks = [_random_block(options, rng) for _ in range(int(rng.integers(1, options.most_blocks + 1)))]
        if fits(blocks, options.side):
            return code.make(blocks)


def mutate(genome: Json, options: Options, rng: np.random.Generator) -> Child:
    """One gene of one block changed, or a block added or removed; drawn again until it fits and differs."""
    while True:
        blocks = [dict(block) for block in genome["blocks"]]
        change = _OPERATORS[int(rng.integers(len(_OPERATORS)))](blocks, options, rng)
        if change is not None and fits(blocks, options.side):
            return Child(code.make(blocks), (change,))


def fits(blocks: Sequence[Json], side: int) -> bool:
    """Whether every pool has at least two pixels to look at. Convolutions are padded and always fit."""
    for block in blocks:
        side = (side - 1) // block["stride"] + 1
        if block["pool"]:
            if side < 2:
                return False
            side //= 2
    return True


def _random_block(options: Options, rng: np.random.Generator) -> Json:
    return {name: values[int(rng.integers(len(values)))] for name, values in options.genes().items()}


def _change_gene(blocks: list[Json], options: Options, rng: np.random.Generator) -> Change | None:
    place = int(rng.integers(len(blocks)))
    genes = options.genes()
    name = list(genes)[int(rng.integers(len(genes)))]
    before = blocks[place][name]
    others = [value for value in genes[name] if value != before]
    if not others:
        return None
    after = others[int(rng.integers(len(others)))]
    blocks[place][name] = after
    words = f"block {place + 1} {name} {_word(before)} → {_word(after)}"
    return Change("gene", {"block": place, "gene": name, "from": before, "to": after}, words)


def _add_block(blocks: list[Json], options: Options, rng: np.random.Generator) -> Change | None:
    if len(blocks) >= options.most_blocks:
        return None
    place = int(rng.integers(len(blocks) + 1))
    blocks.insert(place, _random_block(options, rng))
    return Change("add_block", {"block": place, "genes": blocks[place]}, f"block {place + 1} added")


def _remove_block(blocks: list[Json], options: Options, rng: np.random.Generator) -> Change | None:
    if len(blocks) == 1:
        return None
    place = int(rng.integers(len(blocks)))
    blocks.pop(place)
    return Change("remove_block", {"block": place}, f"block {place + 1} removed")


def _word(value: JsonValue) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


_OPERATORS = (_change_gene, _change_gene, _add_block, _remove_block)
