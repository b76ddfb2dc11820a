"""``show``: a genome as a network, in text."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from searchengine import catalogue
from searchengine.architecture.graph import Architecture, Node
from searchengine.cli.run import settings, summary_of
from searchengine.core.errors import InvalidGenome, UnknownName
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.method import BuiltInSpace, Method
from searchengine.core.setting import DataSummary
from searchengine.data.prepared import default_data_root


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "genome", type=Path, metavar="GENOME.json", help="a genome, or a record of lineage.jsonl"
    )
    parser.add_argument("--data", help="describe it for this data set; default: small images or clips")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a parameter of its method"
    )
    parser.add_argument(
        "--data-root", type=Path, help="folder of prepared sets; default: data in EVOSCOPE_VAR or var"
    )
    parser.add_argument("--json", action="store_true", help="the whole graph as one JSON object")
    parser.set_defaults(command=command)


def command(chosen: argparse.Namespace) -> int:
    genome = read_genome(chosen.genome)
    slug = owner(genome)
    found = catalogue.spaces()[slug]
    data = summary_of(chosen.data, chosen.data_root or default_data_root()) if chosen.data else _small(found)
    params = found.params.parse(settings(chosen.set)).to_json()
    space = catalogue.space(slug, params, data)
    space.check(genome)
    network = space.describe(genome, data.setting())
    if chosen.json:
        print(
            dumps(
                {
                    "space": slug,
                    "key": space.key(genome),
                    "parameters": network.parameters,
                    "flops": network.macs,
                    "architecture": network.to_json(),
                }
            )
        )
    else:
        print(in_text(network, f"{slug} genome {space.key(genome)[:12]} for {data.slug}"))
    return 0


def read_genome(path: Path) -> Json:
    """The genome in a file. Raises ``InvalidGenome`` when the file holds none."""
    try:
        value = loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidGenome(f"{path} holds no JSON genome: {error}") from error
    if isinstance(value, dict) and isinstance(value.get("genome"), dict):
        value = value["genome"]
    if not isinstance(value, dict):
        raise InvalidGenome(f"a genome is a JSON object, got {type(value).__name__} in {path}")
    return value


def owner(genome: Json) -> str:
    """The method or space a genome belongs to, from its field ``method`` or ``space``."""
    slug = genome.get("method") or genome.get("space")
    known = catalogue.spaces()
    if slug not in known:
        raise UnknownName(
            f"the genome names no known method or space ({slug!r}); known are {', '.join(known)}"
        )
    return str(slug)


def _small(found: Method | BuiltInSpace) -> DataSummary:
    """Shapes of the built-in digits, still or in motion, so that a genome can be shown without any data."""
    sizes = {"train": 1000, "validation": 400, "test": 397}
    if "images" in found.accepts.modalities:
        classes = tuple("0123456789")
        return DataSummary("1×8×8 images", "Small images", "0" * 32, "images", (1, 8, 8), classes, sizes)
    classes = tuple(f"motion {number}" for number in range(8))
    channels = 3 if found.accepts.needs_flow else 1
    shape = (channels, 8, 16, 16)
    return DataSummary(
        f"{channels}×8×16×16 clips",
        "Small clips",
        "0" * 32,
        "clips",
        shape,
        classes,
        sizes,
        flow=channels == 3,
    )


def in_text(network: Architecture, title: str) -> str:
    """Layers in order with shapes (channels first), parameters, multiply-adds and what each reads."""
    rows = [("layer", "what", "shape", "parameters", "multiply-adds", "reads")]
    rows += [_row(node) for node in network.deployed]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                row[1].ljust(widths[1]),
                row[2].ljust(widths[2]),
                row[3].rjust(widths[3]),
                row[4].rjust(widths[4]),
                row[5],
            ]
        ).rstrip()
        for row in rows
    ]
    total = (
        f"{network.parameters:,} parameters, {network.macs:,} multiply-adds a sample,"
        f" {network.classes} classes"
    )
    return "\n".join([title, *lines, total])


def _row(node: Node) -> tuple[str, str, str, str, str, str]:
    what = node.summary if node.summary else node.kind
    shape = "×".join(map(str, node.shape))
    return node.name, what, shape, _count(node.parameters), _count(node.macs), ", ".join(node.inputs)


def _count(number: Any) -> str:
    return f"{number:,}" if number else ""
