"""How genomes come to be: random ones, and six mutations. Pure functions of genome, bounds and generator.

There is no crossover. Every mutation changes the identity key; a draw that does not is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json
from searchengine.methods.evanet.genome import (
    KINDS,
    OPERATIONS,
    Block,
    Bounds,
    Branch,
    Genome,
    Stem,
    branch_json,
    genes_of,
    key,
    pool_names,
)

DRAWS = 50
"""Draws of one operator before another one is chosen."""

Option = TypeVar("Option")

OPERATION_WORDS = {"conv3d": "3D convolution", "itgm": "iTGM", "conv2p1d": "(2+1)D convolution"}


class Mutation(NamedTuple):
    """A mutated genome with what was changed: arguments count from 0, the phrase for people from 1."""

    genome: Genome
    arguments: Json
    text: str


# --- random genomes --------------------------------------------------------------------------------


def random_genome(bounds: Bounds, rng: np.random.Generator) -> Genome:
    """A genome with every gene uniform in its range, the number of branches too."""
    sizes = bounds.temporal_sizes
    stem = Stem(pick(OPERATIONS, rng), pick(sizes, rng))
    pools = tuple((name, pick(sizes, rng)) for name in pool_names(bounds.meta, bounds.blocks))
    blocks = []
    for index in range(bounds.blocks):
        repeats = int(rng.integers(1, bounds.max_repeats + 1))
        count = int(rng.integers(1, bounds.branch_limit(index) + 1))
        blocks.append(Block(repeats, tuple(random_branch(bounds, rng) for _ in range(count))))
    return Genome(bounds.meta, bounds.width, bounds.in_channels, stem, pools, tuple(blocks))


def random_branch(bounds: Bounds, rng: np.random.Generator) -> Branch:
    return _complete(Branch(pick(KINDS, rng)), bounds, rng)


def pick(options: Sequence[Option], rng: np.random.Generator) -> Option:
    """One of ``options``, uniformly."""
    return options[int(rng.integers(len(options)))]


def _complete(branch: Branch, bounds: Bounds, rng: np.random.Generator) -> Branch:
    """``branch`` with the genes its kind needs: those it has kept, missing ones drawn, idle ones dropped."""
    needed = genes_of(branch.kind)
    genes: dict[str, Any] = {}
    for gene in needed:
        choices: Sequence[Any] = bounds.temporal_sizes if gene in ("t", "t2") else OPERATIONS
        kept = getattr(branch, gene)
        genes[gene] = pick(choices, rng) if kept is None else kept
    return Branch(branch.kind, **genes)


# --- mutations -------------------------------------------------------------------------------------


def mutate(genome: Genome, bounds: Bounds, rng: np.random.Generator) -> tuple[Genome, Change]:
    """A genome that differs from ``genome`` in its key, by one operator chosen uniformly.

    Raises ``InfeasibleArchitecture`` when no operator can change anything: the space holds a single genome.
    """
    before = key(genome)
    names = list(OPERATORS)
    while names:
        name = pick(names, rng)
        for _ in range(DRAWS):
            mutation = OPERATORS[name](genome, bounds, rng)
            if mutation is not None and key(mutation.genome) != before:
                return mutation.genome, Change(name, mutation.arguments, mutation.text)
        names.remove(name)
    raise InfeasibleArchitecture(
        "no mutation changes this genome: the space is too small;"
        " allow more branches, repeats or temporal sizes"
    )


def layer_type(genome: Genome, bounds: Bounds, rng: np.random.Generator) -> Mutation | None:
    """Another kind of layer in a random branch, or another operation in one of its convolutions."""
    block = int(rng.integers(len(genome.blocks)))
    place = int(rng.integers(len(genome.blocks[block].branches)))
    branch = genome.blocks[block].branches[place]
    convolutions = [gene for gene in genes_of(branch.kind) if gene in ("op", "op2")]
    if convolutions and rng.random() < 0.5:
        gene = pick(convolutions, rng)
        old = getattr(branch, gene)
        new = pick([op for op in OPERATIONS if op != old], rng)
        child = _changed(branch, gene, new)
        text = f"{OPERATION_WORDS[old]} → {OPERATION_WORDS[new]}"
        arguments: Json = {"block": block, "branch": place, "gene": gene, "from": old, "to": new}
    else:
        kind = pick([kind for kind in KINDS if kind != branch.kind], rng)
        child = _complete(replace(branch, kind=kind), bounds, rng)
        text = f"{branch_words(branch)} → {branch_words(child)}"
        arguments = {"block": block, "branch": place, "from": branch_json(branch), "to": branch_json(child)}
    return Mutation(_with_branch(genome, block, place, child), arguments, f"{text} in {_place(block, place)}")


def temporal_size(genome: Genome, bounds: Bounds, rng: np.random.Generator) -> Mutation | None:
    """Another temporal size in a random branch that has one."""
    timed = [
        (block, place)
        for block, one in enumerate(genome.blocks)
        for place, branch in enumerate(one.branches)
        if "t" in genes_of(branch.kind)
    ]
    if not timed or len(bounds.temporal_sizes) < 2:
        return None
    block, place = pick(timed, rng)
    branch = genome.blocks[block].branches[place]
    gene = pick([gene for gene in genes_of(branch.kind) if gene in ("t", "t2")], rng)
    old = getattr(branch, gene)
    new = pick([size for size in bounds.temporal_sizes if size != old], rng)
    child = _with_branch(genome, block, place, _changed(branch, gene, new))
    what = "temporal window" if branch.kind == "pool" else "temporal kernel"
    arguments: Json = {"block": block, "branch": place, "gene": gene, "from": old, "to": new}
    return Mutation(child, arguments, f"{what} {old} → {new} in {_place(block, place)}")


def parallel(genome: Genome, bounds: Bounds, rng: np.random.Generator) -> Mutation | None:
    """One random branch more or one fewer, with equal chances; None where the drawn one is out of bounds."""
    block = int(rng.integers(len(genome.blocks)))
    branches = genome.blocks[block].branches
    if rng.random() < 0.5:
        if len(branches) >= bounds.branch_limit(block):
            return None
        new = random_branch(bounds, rng)
        arguments: Json = {"block": block, "branch": len(branches), "added": branch_json(new)}
        text = f"branch {branch_words(new)} added to block {block + 1}"
        return Mutation(_with_branches(genome, block, (*branches, new)), arguments, text)
    if len(branches) == 1:
        return None
    place = int(rng.integers(len(branches)))
    kept = branches[:place] + branches[place + 1 :]
    arguments = {"block": block, "branch": place, "removed": branch_json(branches[place])}
    text = f"branch {place + 1} ({branch_words(branches[place])}) removed from block {block + 1}"
    return Mutation(_with_branches(genome, block, kept), arguments, text)


def repeats(genome: Genome, bounds: Bounds, rng: np.random.Generator) -> Mutation | None:
    """A random block one time more or one time less; residual backbone only."""
    if genome.meta != "resnet":
        return None
    block = int(rng.integers(len(genome.blocks)))
    old = genome.blocks[block].repeats
    new = old + (1 if rng.random() < 0.5 else -1)
    if not 1 <= new <= bounds.max_repeats:
        return None
    blocks = list(genome.blocks)
    blocks[block] = replace(blocks[block], repeats=new)
    arguments: Json = {"block": block, "from": old, "to": new}
    return Mutation(
        replace(genome, blocks=tuple(blocks)), arguments, f"repeats {old} → {new} of block {block + 1}"
    )


def stem(genome: Genome, bounds: Bounds, rng: np.random.Generator) -> Mutation | None:
    """Another operation or another temporal kernel of the stem."""
    gene = pick(("op", "t"), rng)
    old = getattr(genome.stem, gene)
    choices: Sequence[Any] = OPERATIONS if gene == "op" else bounds.temporal_sizes
    others = [option for option in choices if option != old]
    if not others:
        return None
    new = pick(others, rng)
    what = (
        f"{OPERATION_WORDS[old]} → {OPERATION_WORDS[new]}"
        if gene == "op"
        else f"temporal kernel {old} → {new}"
    )
    child = replace(genome, stem=replace(genome.stem, **{gene: new}))
    return Mutation(child, {"gene": gene, "from": old, "to": new}, f"{what} in the stem")


def pool_time(genome: Genome, bounds: Bounds, rng: np.random.Generator) -> Mutation | None:
    """Another temporal window of one of the pools between blocks."""
    if not genome.pools or len(bounds.temporal_sizes) < 2:
        return None
    place = int(rng.integers(len(genome.pools)))
    name, old = genome.pools[place]
    new = pick([size for size in bounds.temporal_sizes if size != old], rng)
    pools = (*genome.pools[:place], (name, new), *genome.pools[place + 1 :])
    arguments: Json = {"pool": name, "from": old, "to": new}
    return Mutation(replace(genome, pools=pools), arguments, f"temporal window {old} → {new} of pool {name}")


OPERATORS: dict[str, Callable[[Genome, Bounds, np.random.Generator], Mutation | None]] = {
    "layer_type": layer_type,
    "temporal_size": temporal_size,
    "parallel": parallel,
    "repeats": repeats,
    "stem": stem,
    "pool_time": pool_time,
}


def branch_words(branch: Branch) -> str:
    """A branch for people: ``iTGM 7``, ``3D convolution 3 and (2+1)D convolution 5``, ``max-pool 3``,
    ``1×1×1``."""
    if branch.kind == "point":
        return "1×1×1"
    if branch.kind == "pool":
        return f"max-pool {branch.t}"
    first = f"{OPERATION_WORDS[str(branch.op)]} {branch.t}"
    return first if branch.kind == "conv" else f"{first} and {OPERATION_WORDS[str(branch.op2)]} {branch.t2}"


def _place(block: int, branch: int) -> str:
    return f"block {block + 1}, branch {branch + 1}"


def _changed(branch: Branch, gene: str, value: Any) -> Branch:
    genes: dict[str, Any] = {gene: value}
    return replace(branch, **genes)


def _with_branch(genome: Genome, block: int, place: int, branch: Branch) -> Genome:
    branches = genome.blocks[block].branches
    return _with_branches(genome, block, (*branches[:place], branch, *branches[place + 1 :]))


def _with_branches(genome: Genome, block: int, branches: tuple[Branch, ...]) -> Genome:
    blocks = list(genome.blocks)
    blocks[block] = replace(blocks[block], branches=branches)
    return replace(genome, blocks=tuple(blocks))
