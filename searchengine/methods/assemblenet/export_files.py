"""What an export of a network holds besides: the published list form, and the connection weights as published
beside it."""

from __future__ import annotations

from collections.abc import Mapping

from searchengine.core.jsontext import dumps
from searchengine.export.exported import Exported
from searchengine.methods.assemblenet.connections import rounded
from searchengine.methods.assemblenet.gates import Gates
from searchengine.methods.assemblenet.genome import parse
from searchengine.methods.assemblenet.published_form import to_list, weights_to_lists


def export_files(exported: Exported) -> Mapping[str, str]:
    """``structure.json``, a row a node, and ``connection_weights.json``, a list a node with the weights that
    the exported network itself has."""
    genome = parse(exported.genome)
    weights = {edge: rounded(value) for edge, value in Gates(genome).weights(exported.network).items()}
    return {
        "structure.json": _lines(to_list(genome)),
        "connection_weights.json": _lines(weights_to_lists(genome, weights)),
    }


EXPORT_FILES = export_files


def _lines(rows: list[list[object]] | list[list[list[float]]]) -> str:
    """A list with a row a line."""
    return "[\n" + ",\n".join(f"  {dumps(row)}" for row in rows) + "\n]\n"
