"""The list form in which structures of AssembleNet are published, read and written.

A stem is ``[-1, dilation]`` (RGB) or ``[-2, dilation]`` (flow). A block is
``[level - 1, inputs, filters, dilation, stride, 0]``: levels count from 0 there, the spatial stride is the
published 1 on the first level and 2 above, and the last 0 says nothing and may be missing. Stems have neither
stride nor width in it, and neither depth nor the stems' channels are part of it.

Learned weights stand beside the rows, a list a node: ``[[0.99, 0.85]]``, or ``[]`` where there are none. Here
a genome in JSON may carry them too, as ``learned_weights``, by block: ``{"14": [0.99, 0.85]}``; anywhere else
weights are no part of it.

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
from searchengine.methods.assemblenet.genome import LEVELS, SCHEMA, Edge, Genome, Node, parse, to_json

LEARNED = "learned_weights"
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


def weights_from_lists(genome: Genome, lists: JsonValue) -> dict[Edge, float]:
    """The weights of :func:`weights_to_lists`. Raises ``InvalidGenome`` naming the row, what was expected and
    what came."""
    if not isinstance(lists, list) or len(lists) != len(genome.nodes):
        raise InvalidGenome(f"weights: expected a list with {len(genome.nodes)} lists, got {lists!r:.60}")
    found: dict[Edge, float] = {}
    for node, outer in zip(genome.nodes, lists, strict=True):
        name = f"weights[{node.id}]"
        if not isinstance(outer, list) or len(outer) > 1:
            raise InvalidGenome(f"{name}: expected [] or a list with one list of weights, got {outer!r:.60}")
        if outer:
            found |= _weights(node, outer[0], name)
    return found


def weights_from_blocks(genome: Genome, learned: JsonValue) -> dict[Edge, float]:
    """The weights of ``learned_weights``. Raises ``InvalidGenome`` naming the block, what was expected and
    what came."""
    if not isinstance(learned, dict):
        raise InvalidGenome(f"learned_weights: expected an object with a list a block, got {learned!r:.60}")
    blocks = {str(node.id): node for node in genome.blocks}
    found: dict[Edge, float] = {}
    for number, row in learned.items():
        if number not in blocks:
            raise InvalidGenome(f"learned_weights: expected numbers of blocks, got {number!r:.60}")
        found |= _weights(blocks[number], row, f"learned_weights[{number}]")
    return found


def _weights(node: Node, row: Any, name: str) -> dict[Edge, float]:
    """The weights of one node's connections; in (0, 1), because a logit must belong to each."""
    if len(node.inputs) < 2:
        raise InvalidGenome(f"{name}: a node with {len(node.inputs)} inputs has no weights, got {row!r:.60}")
    if not isinstance(row, list) or len(row) != len(node.inputs):
        raise InvalidGenome(f"{name}: expected {len(node.inputs)} weights, one an input, got {row!r:.60}")
    for weight in row:
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < 1:
            raise InvalidGenome(f"{name}: expected numbers between 0 and 1, got {weight!r:.60}")
    return {(source, node.id): float(weight) for source, weight in zip(node.inputs, row, strict=True)}


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


def published(value: JsonValue) -> JsonValue:
    """The published form of a genome in JSON, or of a record that holds one: rows, or where it carries
    learned weights ``{"structure": rows, "weights": lists}``. Raises ``InvalidGenome``."""
    if not isinstance(value, dict):
        raise InvalidGenome(f"genome: expected an object, got {value!r:.60}")
    genes = value["genome"] if isinstance(value.get("genome"), dict) else value
    genome = parse({name: gene for name, gene in genes.items() if name != LEARNED})
    if LEARNED not in genes:
        return to_list(genome)
    weights = weights_from_blocks(genome, genes[LEARNED])
    return {"structure": to_list(genome), "weights": weights_to_lists(genome, weights)}


def read(value: JsonValue, depth: int, stem_total: int) -> Json:
    """The genome in JSON of what :func:`published` gives, with its learned weights where there are any.
    Raises ``InvalidGenome``."""
    rows, lists = value, None
    if isinstance(value, dict):
        if set(value) != {"structure", "weights"}:
            raise InvalidGenome(f"expected structure and weights, got {', '.join(map(str, value))[:60]}")
        rows, lists = value["structure"], value["weights"]
    genome = from_list(rows, depth, stem_total)
    found = to_json(genome)
    if lists is not None and (weights := weights_from_lists(genome, lists)):
        found[LEARNED] = {
            str(block.id): [weights[(source, block.id)] for source in block.inputs]
            for block in genome.blocks
            if (block.inputs[0], block.id) in weights
        }
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The published form of a genome, or the genome of a published form, to standard output; 2 and the reason
    when it is neither."""
    parser = argparse.ArgumentParser(
        prog="python -m searchengine.methods.assemblenet.published_form",
        description="a genome as published rows, or published rows as a genome, with or without its weights",
    )
    parser.add_argument(
        "file",
        metavar="FILE.json",
        help="a genome, a record of lineage.jsonl, rows, or an object with structure (the rows) and weights;"
        " - is standard input",
    )
    parser.add_argument("--depth", type=int, default=50, help="nominal depth of what rows describe")
    parser.add_argument("--stem-total", type=int, default=128, help="channels of all its stems together")
    chosen = parser.parse_args(arguments)
    try:
        value = _read(chosen.file)
        if isinstance(value, dict) and "structure" not in value:
            print(dumps(published(value)))
        else:
            print(dumps(read(value, chosen.depth, chosen.stem_total)))
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
