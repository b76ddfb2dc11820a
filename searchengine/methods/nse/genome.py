"""The genomes of NSE: a path (a network), and a space (what a round's supernet holds). Both name their
skeleton, so each can be read alone.

Values and a strict JSON codec. Ops stand sorted in a path: their order means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from searchengine.core.errors import InvalidGenome
from searchengine.core.genes import check_header, choice, object_with, whole
from searchengine.core.jsontext import Json, digest
from searchengine.methods.nse import record
from searchengine.methods.nse.ops import POOLS
from searchengine.methods.nse.skeleton import WIDEST, Skeleton
from searchengine.methods.nse.subset import Cells, Space

SCHEMA = 1
SLUG = "nse"
_SKELETON = ("cells", "channels", "stem_stride", "tail", "tail_norm", "pool")
_LARGEST_K = 72


@dataclass(frozen=True)
class PathGenome:
    """A network: of every cell the ops that run side by side, ascending. An N cell may have none."""

    skeleton: Skeleton
    path: Cells


@dataclass(frozen=True)
class SpaceGenome:
    """A search space: the record of a round over its skeleton's pool."""

    skeleton: Skeleton
    space: Space


Genome = PathGenome | SpaceGenome


def to_json(genome: Genome) -> Json:
    """``{"schema": 1, "method": "nse", "skeleton": {...}, "path": [[0], ...]}``, or with ``size`` and
    ``space`` in place of ``path``."""
    head: Json = {"schema": SCHEMA, "method": SLUG, "skeleton": _skeleton_json(genome.skeleton)}
    if isinstance(genome, PathGenome):
        return {**head, "path": [sorted(ops) for ops in genome.path]}
    return {**head, "size": genome.space.size, "space": record.to_json(genome.space)}


def is_space(value: Json) -> bool:
    """Whether a well-formed genome is a space and no network."""
    return isinstance(value, dict) and "space" in value


def parse(value: Any) -> Genome:
    """The genome of JSON from outside. Raises ``InvalidGenome``, naming the gene."""
    if is_space(value):
        genes = object_with(value, "genome", ("schema", "method", "skeleton", "size", "space"))
        check_header(genes, SLUG, SCHEMA)
        skeleton = _skeleton(genes["skeleton"])
        size = whole(genes["size"], 2, _LARGEST_K, "size")
        return SpaceGenome(
            skeleton, record.from_json(genes["space"], skeleton.cells, len(skeleton.ops), size)
        )
    genes = object_with(value, "genome", ("schema", "method", "skeleton", "path"))
    check_header(genes, SLUG, SCHEMA)
    skeleton = _skeleton(genes["skeleton"])
    return PathGenome(skeleton, _path(genes["path"], skeleton))


def parse_path(value: Any) -> PathGenome:
    """As :func:`parse`; a space is refused."""
    genome = parse(value)
    if isinstance(genome, SpaceGenome):
        raise InvalidGenome("expected a path, which is a network; this is a space")
    return genome


def key(genome: Genome) -> str:
    """Hash of the canonical form: equal sets of ops on equal skeletons, equal keys."""
    return digest(to_json(genome))


def _skeleton_json(skeleton: Skeleton) -> Json:
    values: Json = {name: getattr(skeleton, name) for name in _SKELETON}
    return {**values, "channels": list(skeleton.channels)}


def _skeleton(value: Any) -> Skeleton:
    genes = object_with(value, "skeleton", _SKELETON)
    if not isinstance(genes["cells"], str):
        raise InvalidGenome(f"skeleton.cells: expected letters N, R and E, got {genes['cells']!r:.60}")
    if not isinstance(genes["channels"], list):
        raise InvalidGenome(f"skeleton.channels: expected a list, got {genes['channels']!r:.60}")
    channels = tuple(whole(one, 1, WIDEST, "skeleton.channels") for one in genes["channels"])
    if not isinstance(genes["tail_norm"], bool):
        raise InvalidGenome(f"skeleton.tail_norm: expected true or false, got {genes['tail_norm']!r:.60}")
    try:
        return Skeleton(
            genes["cells"],
            channels,
            whole(genes["stem_stride"], 1, 2, "skeleton.stem_stride"),
            whole(genes["tail"], 1, WIDEST, "skeleton.tail"),
            genes["tail_norm"],
            choice(genes["pool"], tuple(POOLS), "skeleton.pool"),
        )
    except ValueError as error:
        raise error if isinstance(error, InvalidGenome) else InvalidGenome(f"skeleton.{error}") from error


def _path(value: Any, skeleton: Skeleton) -> Cells:
    if not isinstance(value, list) or len(value) != len(skeleton.cells):
        came = len(value) if isinstance(value, list) else repr(value)[:60]
        raise InvalidGenome(f"path: expected ops of {len(skeleton.cells)} cells, got {came}")
    found = []
    for cell, (kind, ops) in enumerate(zip(skeleton.cells, value, strict=True)):
        name = f"path[{cell}]"
        if not isinstance(ops, list):
            raise InvalidGenome(f"{name}: expected a list of ops, got {ops!r:.60}")
        numbers = [whole(op, 0, len(skeleton.ops) - 1, name) for op in ops]
        if len(set(numbers)) < len(numbers):
            raise InvalidGenome(f"{name}: an op stands once, got {numbers}")
        if not numbers and kind != "N":
            raise InvalidGenome(f"{name}: a cell of type {kind} changes shape and needs at least one op")
        found.append(tuple(sorted(numbers)))
    return tuple(found)
