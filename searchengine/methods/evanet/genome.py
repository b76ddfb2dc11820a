"""The genome of EvaNet: values, a strict JSON codec, the canonical form and the identity key.

A genome says, per block of a fixed backbone, which space-time layers stand side by side, how long each one
looks in time, and how often the block repeats. There is no gene for a 2D convolution: it is ``conv3d`` with
t = 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from searchengine.core.errors import InvalidGenome
from searchengine.core.genes import check_header, choice, object_with, whole
from searchengine.core.jsontext import Json, digest
from searchengine.core.jsontext import canonical as canonical_text

SCHEMA = 1
OPERATIONS = ("conv3d", "itgm", "conv2p1d")
KINDS = ("point", "conv", "conv2", "pool")
METAS = ("resnet", "inception")
POOLS = ("p1", "p3", "p4")
"""Pool genes: p1 serves the stem pool and the pool after block 1, so there is no p2."""

MOST_REPEATS = 6
MOST_BRANCHES = 6
LONGEST = 15
INCEPTION_MODULES = 9
"""Modules of the full-size inception-like backbone: 3b, 3c, 4b to 4f, 5b, 5c."""


@dataclass(frozen=True)
class Stem:
    """The first convolution: operation and temporal kernel in frames."""

    op: str
    t: int


@dataclass(frozen=True)
class Branch:
    """One of the parallel layers of a block. ``op`` and ``t`` belong to ``conv`` and ``conv2``, ``op2`` and
    ``t2`` to ``conv2`` alone; ``pool`` has ``t``; ``point`` has neither. What a kind has not is None."""

    kind: str
    op: str | None = None
    t: int | None = None
    op2: str | None = None
    t2: int | None = None


@dataclass(frozen=True)
class Block:
    repeats: int
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Genome:
    """One network completely. ``pools`` holds the temporal windows of the pools that the template has."""

    meta: str
    width: int
    in_channels: int
    stem: Stem
    pools: tuple[tuple[str, int], ...]
    blocks: tuple[Block, ...]

    def pool(self, name: str) -> int:
        """Temporal window of pool ``name`` (``p1``, ``p3``, ``p4``)."""
        return dict(self.pools)[name]


class Bounds(NamedTuple):
    """The genomes a search may visit; narrower than what the codec takes. ``blocks`` is the length of the
    genome's list."""

    meta: str
    blocks: int
    width: int
    in_channels: int
    temporal_sizes: tuple[int, ...]
    max_branches: int
    max_repeats: int

    def branch_limit(self, block: int) -> int:
        """Most branches of block ``block``: each must keep at least 4 channels (a quarter of it must be
        one)."""
        return max(1, min(self.max_branches, nominal_widths(self.meta, self.width, self.blocks)[block] // 4))


def genes_of(kind: str) -> tuple[str, ...]:
    """The genes that matter for a branch of that kind."""
    return {"point": (), "conv": ("op", "t"), "conv2": ("op", "t", "op2", "t2"), "pool": ("t",)}[kind]


def is_full(meta: str, blocks: int) -> bool:
    """Whether a genome with that many blocks uses the published template (else the small one)."""
    return blocks == 4 if meta == "resnet" else blocks == INCEPTION_MODULES


def pool_names(meta: str, blocks: int) -> tuple[str, ...]:
    """The pool genes of a template: one after each block but the last; none where the full inception-like
    frame fixes its pools."""
    return () if meta == "inception" and is_full(meta, blocks) else POOLS[: blocks - 1]


def nominal_widths(meta: str, width: int, blocks: int) -> tuple[int, ...]:
    """Output channels N of each block before rounding to a multiple of its branches."""
    if meta == "inception" and is_full(meta, blocks):
        at_64 = (256, 480, 512, 512, 512, 528, 832, 832, 1024)  # I3D's modules 3b to 5c
        return tuple(width * channels // 64 for channels in at_64)
    return tuple(4 * width * 2**block for block in range(blocks))


# --- codec -----------------------------------------------------------------------------------------


def parse(value: Json) -> Genome:
    """The genome of JSON from outside. Raises ``InvalidGenome`` naming the gene, what was expected and what
    came.

    Genes that a branch's kind has no use for are dropped; every other unknown gene is refused.
    """
    genes = object_with(
        value, "genome", ("schema", "method", "meta", "width", "in_channels", "stem", "pools", "blocks")
    )
    check_header(genes, "evanet", SCHEMA)
    meta = choice(genes["meta"], METAS, "meta")
    width = whole(genes["width"], 2, 128, "width")
    in_channels = whole(genes["in_channels"], 1, 16, "in_channels")
    stem = object_with(genes["stem"], "stem", ("op", "t"))
    if not isinstance(genes["blocks"], list):
        raise InvalidGenome(f"blocks: expected a list, got {type(genes['blocks']).__name__}")
    count = len(genes["blocks"])
    if not (1 <= count <= 4 if meta == "resnet" else 1 <= count <= 3 or count == INCEPTION_MODULES):
        allowed = "1 to 4" if meta == "resnet" else f"1 to 3, or {INCEPTION_MODULES}"
        raise InvalidGenome(f"blocks: expected {allowed} blocks for meta {meta}, got {count}")
    names = pool_names(meta, count)
    pools = object_with(genes["pools"], "pools", names)
    genome = Genome(
        meta=meta,
        width=width,
        in_channels=in_channels,
        stem=Stem(choice(stem["op"], OPERATIONS, "stem.op"), _odd(stem["t"], "stem.t")),
        pools=tuple((name, _odd(pools[name], f"pools.{name}")) for name in names),
        blocks=tuple(_block(block, f"blocks[{index}]") for index, block in enumerate(genes["blocks"])),
    )
    _check_widths(genome)
    return genome


def to_json(genome: Genome) -> Json:
    """JSON of schema 1, keys in the documented order."""
    return {
        "schema": SCHEMA,
        "method": "evanet",
        "meta": genome.meta,
        "width": genome.width,
        "in_channels": genome.in_channels,
        "stem": {"op": genome.stem.op, "t": genome.stem.t},
        "pools": dict(genome.pools),
        "blocks": [
            {"repeats": block.repeats, "branches": [branch_json(branch) for branch in block.branches]}
            for block in genome.blocks
        ],
    }


def branch_json(branch: Branch) -> Json:
    return {"kind": branch.kind, **{gene: getattr(branch, gene) for gene in genes_of(branch.kind)}}


def check_within(genome: Genome, bounds: Bounds) -> None:
    """Raises ``InvalidGenome`` when a well-formed genome lies outside the space that is searched."""
    for gene in ("meta", "width", "in_channels"):
        if getattr(genome, gene) != getattr(bounds, gene):
            raise InvalidGenome(
                f"{gene}: this search uses {getattr(bounds, gene)}, got {getattr(genome, gene)}"
            )
    if len(genome.blocks) != bounds.blocks:
        raise InvalidGenome(f"blocks: this search uses {bounds.blocks} blocks, got {len(genome.blocks)}")
    sizes = {"stem.t": genome.stem.t, **{f"pools.{name}": size for name, size in genome.pools}}
    for index, block in enumerate(genome.blocks):
        if block.repeats > bounds.max_repeats:
            raise InvalidGenome(
                f"blocks[{index}].repeats: expected at most {bounds.max_repeats}, got {block.repeats}"
            )
        limit = bounds.branch_limit(index)
        if len(block.branches) > limit:
            raise InvalidGenome(
                f"blocks[{index}].branches: expected at most {limit}, got {len(block.branches)}"
            )
        for place, branch in enumerate(block.branches):
            for gene in set(genes_of(branch.kind)) & {"t", "t2"}:
                sizes[f"blocks[{index}].branches[{place}].{gene}"] = getattr(branch, gene)
    for name, size in sizes.items():
        if size not in bounds.temporal_sizes:
            allowed = ", ".join(map(str, bounds.temporal_sizes))
            raise InvalidGenome(f"{name}: this search uses the temporal sizes {allowed}, got {size}")


# --- identity --------------------------------------------------------------------------------------


def canonical(genome: Genome) -> Genome:
    """The same network with one spelling: iTGM over one frame is a plain convolution and is written so."""
    return replace(
        genome,
        stem=Stem(_plain(genome.stem.op, genome.stem.t), genome.stem.t),
        blocks=tuple(
            replace(block, branches=tuple(_canonical_branch(branch) for branch in block.branches))
            for block in genome.blocks
        ),
    )


def key(genome: Genome) -> str:
    """Hash that is equal for equal networks: the canonical form with the branches of a block in sorted order,
    because the order of branches changes nothing but the order of channels."""
    value = to_json(canonical(genome))
    for block in value["blocks"]:
        block["branches"].sort(key=canonical_text)
    return digest(value)


def _canonical_branch(branch: Branch) -> Branch:
    if branch.kind not in ("conv", "conv2"):
        return branch
    branch = replace(branch, op=_plain(branch.op, branch.t))
    return replace(branch, op2=_plain(branch.op2, branch.t2)) if branch.kind == "conv2" else branch


def _plain(op: str | None, t: int | None) -> Any:
    return "conv3d" if op == "itgm" and t == 1 else op


# --- reading ---------------------------------------------------------------------------------------


def _block(value: Any, name: str) -> Block:
    genes = object_with(value, name, ("repeats", "branches"))
    branches = genes["branches"]
    if not isinstance(branches, list) or not 1 <= len(branches) <= MOST_BRANCHES:
        came = len(branches) if isinstance(branches, list) else repr(branches)[:60]
        raise InvalidGenome(f"{name}.branches: expected a list of 1 to {MOST_BRANCHES} branches, got {came}")
    return Block(
        repeats=whole(genes["repeats"], 1, MOST_REPEATS, f"{name}.repeats"),
        branches=tuple(_branch(branch, f"{name}.branches[{index}]") for index, branch in enumerate(branches)),
    )


def _branch(value: Any, name: str) -> Branch:
    if not isinstance(value, dict):
        raise InvalidGenome(f"{name}: expected an object, got {repr(value)[:60]}")
    kind = choice(value.get("kind"), KINDS, f"{name}.kind")
    needed = genes_of(kind)
    idle = tuple(gene for gene in ("op", "t", "op2", "t2") if gene not in needed and gene in value)
    genes = object_with(value, name, ("kind", *needed, *idle))
    read: dict[str, Any] = {}
    for gene in (*needed, *idle):
        is_size = gene in ("t", "t2")
        read[gene] = (
            _odd(genes[gene], f"{name}.{gene}")
            if is_size
            else choice(genes[gene], OPERATIONS, f"{name}.{gene}")
        )
    return Branch(kind, **{gene: read[gene] for gene in needed})


def _check_widths(genome: Genome) -> None:
    widths = nominal_widths(genome.meta, genome.width, len(genome.blocks))
    for index, (block, channels) in enumerate(zip(genome.blocks, widths, strict=True)):
        if genome.meta == "inception" and block.repeats != 1:
            raise InvalidGenome(
                f"blocks[{index}].repeats: expected 1 for meta inception, got {block.repeats}"
            )
        if channels // len(block.branches) < 4:
            raise InvalidGenome(
                f"blocks[{index}].branches: {len(block.branches)} branches share {channels} channels,"
                f" each needs 4; use at most {max(1, channels // 4)} or a larger width"
            )


def _odd(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LONGEST or value % 2 == 0:
        raise InvalidGenome(
            f"{name}: expected an odd number of frames from 1 to {LONGEST}, got {repr(value)[:60]}"
        )
    return value
