"""The readable source of a network, as an export would hold it."""

from __future__ import annotations

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import EngineError


def source_text(network: Architecture, title: str) -> tuple[str, str]:
    """(source, why there is none): one of the two is empty."""
    try:
        from searchengine.export.source import source
    except ModuleNotFoundError:
        return "", "This installation has no writer of sources."
    try:
        return source(network, title), ""
    except EngineError as error:
        return "", str(error)
