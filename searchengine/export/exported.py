"""What a method may add to its networks in an export: what others who know the method expect to find.

A method's or space's folder may hold ``export_files.py`` with ``EXPORT_FILES``, an :data:`ExportFiles`. It
may load torch. Nothing in this package knows what it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from searchengine.core.jsontext import Json
from searchengine.nets.network import Network


class Exported(NamedTuple):
    """A network that leaves: its genome, its space's parameters, and itself, trained and in evaluation."""

    genome: Json
    space_params: Json
    network: Network


ExportFiles = Callable[[Exported], Mapping[str, str]]
"""Texts by file name, to lie beside the network's ``model.py``."""
