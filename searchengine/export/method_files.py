"""Files that a method adds to its networks in an export: what others who know the method expect to find.

A method's or space's folder may hold ``export_files.py`` with ``EXPORT_FILES``, an :data:`ExportFiles`. It
may load torch. Nothing here knows what it writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from searchengine import catalogue
from searchengine.core.jsontext import Json
from searchengine.export.spec import ExportRefused, Member
from searchengine.nets.network import Network

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9]+)+")


class Exported(NamedTuple):
    """A network that leaves: its genome, its space's parameters, and itself, trained and in evaluation."""

    genome: Json
    space_params: Json
    network: Network


ExportFiles = Callable[[Exported], Mapping[str, str]]
"""Texts by file name, to lie beside the network's ``model.py``."""


def write_method_files(member: Member, network: Network, place: Path) -> None:
    """What the member's method adds, and what came along with the member, written into ``place``.

    Raises :class:`ExportRefused` where the method's code fails, or a name is no plain file name or is taken.
    """
    files = dict(member.files)
    maker: ExportFiles | None = catalogue.export_files(member.space)
    if maker is not None:
        try:
            files |= maker(Exported(dict(member.genome), dict(member.space_params), network))
        except Exception as error:  # whatever somebody else's folder does wrong
            why = str(error) or type(error).__name__
            raise ExportRefused(f"export_files.py of {member.space} failed: {why}") from error
    for name, text in files.items():
        if not _NAME.fullmatch(name) or (place / name).exists():
            raise ExportRefused(
                f"{name!r} can be no file of {member.space}'s: expected a free, plain file name"
            )
        (place / name).write_text(text, encoding="utf-8")
