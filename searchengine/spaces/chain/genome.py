"""The genome of a chain: its codec, its rules, its key.

``{"schema": 1, "space": "chain", "blocks": [{"channels": 8, "kernel": 3, "stride": 1, "pool": false,
"activation": "relu"}, ...]}``
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from searchengine.core.errors import InvalidGenome
from searchengine.core.jsontext import Json, JsonValue, digest

SCHEMA = 1
KERNELS = (1, 3, 5)
STRIDES = (1, 2)
ACTIVATIONS = ("relu", "silu")
_NAMES = ("channels", "kernel", "stride", "pool", "activation")


def make(blocks: Sequence[Json]) -> Json:
    """The genome of these blocks, each block's genes in a fixed order."""
    return {
        "schema": SCHEMA,
        "space": "chain",
        "blocks": [{name: block[name] for name in _NAMES} for block in blocks],
    }


def key(genome: Json) -> str:
    """Every gene changes the network, so the genome is its own canonical form."""
    return digest(genome)


def check(genome: Any, *, widths: Sequence[int], most_blocks: int) -> None:
    """Raises ``InvalidGenome``: the message names the gene, what was expected and what came."""
    if not isinstance(genome, dict):
        raise InvalidGenome(f"a genome is a JSON object, got {type(genome).__name__}")
    _names(genome, ("schema", "space", "blocks"), "the genome")
    _one_of(genome["schema"], (SCHEMA,), "schema")
    _one_of(genome["space"], ("chain",), "space")
    blocks = genome["blocks"]
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= most_blocks:
        came = f"{len(blocks)} blocks" if isinstance(blocks, list) else type(blocks).__name__
        raise InvalidGenome(f"blocks: expected a list of 1 to {most_blocks} blocks, got {came}")
    for place, block in enumerate(blocks):
        where = f"blocks[{place}]"
        if not isinstance(block, dict):
            raise InvalidGenome(f"{where}: a block is a JSON object, got {type(block).__name__}")
        _names(block, _NAMES, where)
        _one_of(block["channels"], widths, f"{where}.channels")
        _one_of(block["kernel"], KERNELS, f"{where}.kernel")
        _one_of(block["stride"], STRIDES, f"{where}.stride")
        _one_of(block["pool"], (False, True), f"{where}.pool")
        _one_of(block["activation"], ACTIVATIONS, f"{where}.activation")


def _names(value: Json, expected: Sequence[str], where: str) -> None:
    missing = [name for name in expected if name not in value]
    unknown = [name for name in value if name not in expected]
    if missing:
        raise InvalidGenome(f"{where} lacks {', '.join(missing)}")
    if unknown:
        raise InvalidGenome(
            f"{where} has unknown genes {', '.join(map(str, unknown))[:80]}; known are {', '.join(expected)}"
        )


def _one_of(value: JsonValue, allowed: Sequence[JsonValue], where: str) -> None:
    # True == 1 in Python: the types are compared too.
    if not any(type(value) is type(one) and value == one for one in allowed):
        raise InvalidGenome(
            f"{where}: expected one of {', '.join(map(repr, allowed))}, got {repr(value)[:40]}"
        )
