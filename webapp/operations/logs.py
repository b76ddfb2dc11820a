"""Log files of the processes, kept from growing without end."""

from pathlib import Path
from typing import BinaryIO

LOG_BYTES = 20 * 1024 * 1024


def open_log(path: Path) -> BinaryIO:
    """`path` to append to; what was written before is set aside, once, when it has grown long."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".1.log"))
    return path.open("ab")
