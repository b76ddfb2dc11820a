"""Where the database's files and programs lie, so that its identity can reach them."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from webapp.config.var import private_folder, var
from webapp.operations.servers.binaries import postgres_programs
from webapp.operations.servers.identity import Identity

SHARED = Path("/var/lib/evoscope")
"""Used by root alone, when the database's user cannot enter `var/`."""


@dataclass(frozen=True)
class Places:
    """`data` is the folder initdb makes; `programs` holds initdb and postgres."""

    data: Path
    programs: Path


def places(identity: Identity, shared: Path = SHARED) -> Places:
    """Inside `var/` and the package where the identity can reach them, else copies under `shared`."""
    programs = postgres_programs()
    inside = var() / "postgres"
    if identity == Identity():
        return Places(inside, programs)
    if not identity.runs(str(programs / "postgres"), "--version"):
        programs = _copied(programs, shared)
    name = hashlib.sha256(os.fsencode(var())).hexdigest()[:12]
    outside = shared / f"postgres-{name}"
    if outside.exists() or not (inside.exists() or _reaches(identity, draft_of(inside))):
        shared.mkdir(mode=0o755, parents=True, exist_ok=True)
        return Places(outside, programs)
    return Places(inside, programs)


def draft_of(data: Path) -> Path:
    """Where initdb works; renamed to `data` once it is whole, so a kill leaves no half database."""
    return data.with_name(f"{data.name}.new")


def _reaches(identity: Identity, folder: Path) -> bool:
    if identity.uid is not None:
        var().chmod(0o711)  # the database's user may pass through, and list nothing
    return identity.writes_in(owned(folder, identity))


def owned(folder: Path, identity: Identity) -> Path:
    """`folder`, made private and handed to the identity's user."""
    private_folder(folder)
    if identity.uid is not None:
        os.chown(folder, identity.uid, -1)
    return folder


def _copied(programs: Path, shared: Path) -> Path:
    """The installation copied to where every user may read it; once a version."""
    installation = programs.parent
    stamp = hashlib.sha256(
        f"{installation}{(programs / 'postgres').stat().st_mtime_ns}".encode()
    ).hexdigest()[:12]
    target = shared / f"{installation.name}-{stamp}"
    if not target.exists():
        shared.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=shared, prefix=".copy-"))
        shutil.copytree(installation, draft / "pg", symlinks=True)
        (draft / "pg").chmod(0o755)
        (draft / "pg").rename(target)
        draft.rmdir()
    return target / "bin"
