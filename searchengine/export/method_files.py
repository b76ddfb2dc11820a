"""Writes what a method adds to its networks in an export."""

from __future__ import annotations

import re
from pathlib import Path

from searchengine import catalogue
from searchengine.export.exported import Exported, ExportFiles
from searchengine.export.spec import ExportRefused, Member
from searchengine.nets.network import Network

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9]+)+")


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
