"""What this machine has, found without torch."""

import os
import shutil
import subprocess
import tomllib
from functools import cache

import psutil

from webapp.config.var import HOME


def memory_bytes() -> int:
    """Memory of the machine in bytes."""
    return int(psutil.virtual_memory().total)


@cache
def graphics_cards() -> tuple[str, ...]:
    """The graphics cards that torch could use, by name and memory; none where there is no driver."""
    program = shutil.which("nvidia-smi")
    if not program:
        return ()
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in said.splitlines() if line.strip())


def devices() -> list[str]:
    """The graphics cards by name, or the number of cores where there is none."""
    cores = len(os.sched_getaffinity(0))
    return list(graphics_cards()) or [f"{cores} core{'' if cores == 1 else 's'}"]


@cache
def code_version() -> str:
    """The release, and the commit where this is a checkout with git at hand."""
    release: str = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]["version"]
    try:
        asked = ["git", "-C", str(HOME), "rev-parse", "--short=12", "HEAD"]
        commit = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return release
    return f"{release}+{commit}"
