"""The list form in which structures of AssembleNet are published, read and written.

A stem is ``[-1, dilation]`` (RGB) or ``[-2, dilation]`` (flow). A block is
``[level - 1, inputs, filters, dilation, stride, 0]``: levels count from 0 there, the spatial stride is the
published 1 on the first level and 2 above, and the last 0 says nothing and may be missing. Stems have neither
stride nor width in it, and neither depth nor the stems' channels are part of it.

    python -m searchengine.methods.assemblenet.published_form FILE.json [--depth 50] [--stem-total 128]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from searchengine.core.errors import EngineError, InvalidGenome
from searchengine.core.genes import whole
from searchengine.core.jsontext import Json, JsonValue, dumps, loads
from searchengine.methods.assemblenet.genome import LEVELS, SCHEMA, Edge, Genome, parse, to_json

STEMS = {"rgb": -1, "flow": -2}
_KINDS = {number: kind for kind, number in STEMS.items()}


def to_list(genome: Genome) -> list[list[Any]]:
    """A row a node, in the order of ids."""
    return [
        [STEMS[node.kind], node.dilation]
        if node.is_stem
        else [node.level - 1, list(node.inputs), node.filters, node.dilation, _stride(node.level), 0]
        for node in genome.nodes
    ]


def from_list(rows: JsonValue, depth: int, stem_total: int) -> Genome:
    """The genome of ``rows``. Raises ``InvalidGenome`` naming the row, what was expected and what came."""
    if not isinstance(rows, list):
        raise InvalidGenome(f"rows: expected a list with a list a node, got {rows!r:.60}")
    nodes = [_node(row, place) for place, row in enumerate(rows)]
    return parse(
        {
            "schema": SCHEMA,
            "method": "assemblenet",
            "depth": depth,
            "stem_total": stem_total,
            "nodes": nodes,
        }
    )


def weights_to_lists(genome: Genome, weights: Mapping[Edge, float]) -> list[list[list[float]]]:
    """Learned weights as published beside the rows: a list a node, ``[[weight of each input]]``; empty where
    there are none, which reads "learn them"."""
    return [
        [[weights[(source, node.id)] for source in node.inputs]]
        if len(node.inputs) > 1 and all((source, node.id) in weights for source in node.inputs)
        else []
        for node in genome.nodes
    ]


def _node(row: Any, place: int) -> Json:
    name = f"rows[{place}]"
    if not isinstance(row, list) or not row:
        raise InvalidGenome(f"{name}: expected a list, got {row!r:.60}")
    level = whole(row[0], min(_KINDS), LEVELS - 1, f"{name}, level")
    if level < 0:
        if len(row) != 2:
            raise InvalidGenome(f"{name}: expected [{level}, dilation], got {row!r:.60}")
        return {"id": place, "kind": _KINDS[level], "dilation": row[1]}
    if len(row) not in (5, 6) or row[5:] not in ([], [0]):
        raise InvalidGenome(
            f"{name}: expected [level, inputs, filters, dilation, stride, 0], got {row!r:.60}"
        )
    _, inputs, filters, dilation, stride, *_ = row
    if stride != _stride(level + 1):
        raise InvalidGenome(
            f"{name}, stride: expected {_stride(level + 1)} on level {level}, got {stride!r:.60}"
        )
    return {"id": place, "level": level + 1, "inputs": inputs, "filters": filters, "dilation": dilation}


def _stride(level: int) -> int:
    return 1 if level == 1 else 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Rows of a genome, or the genome of rows, to standard output; 2 and the reason when it is neither."""
    parser = argparse.ArgumentParser(
        prog="python -m searchengine.methods.assemblenet.published_form",
        description="a genome as published rows, or published rows as a genome",
    )
    parser.add_argument(
        "file", metavar="FILE.json", help="a genome, a record of lineage.jsonl, or rows; - is standard input"
    )
    parser.add_argument("--depth", type=int, default=50, help="nominal depth of what rows describe")
    parser.add_argument("--stem-total", type=int, default=128, help="channels of all its stems together")
    chosen = parser.parse_args(arguments)
    try:
        value = _read(chosen.file)
        if isinstance(value, dict):
            genome = value["genome"] if isinstance(value.get("genome"), dict) else value
            print(dumps(to_list(parse(genome))))
        else:
            print(dumps(to_json(from_list(value, chosen.depth, chosen.stem_total))))
    except EngineError as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 2
    return 0


def _read(file: str) -> JsonValue:
    try:
        return loads(sys.stdin.read() if file == "-" else Path(file).read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidGenome(f"{file} holds no JSON: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
