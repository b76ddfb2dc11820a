"""A short, private folder for the sockets of the embedded servers.

The address of a unix socket holds at most 107 bytes, so a long path of `var/` cannot serve. Then a
folder is made where paths are short, and `var/run/sockets` remembers it.
"""

import fcntl
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from webapp.config.var import var_folder

LONGEST = 107 - len("/.s.PGSQL.5432.lock")
"""Bytes the folder's own path may have."""


def socket_folder(owner: int | None = None) -> Path:
    """The folder of both sockets, mode 700; the same for every process of this `var/`.

    Made anew when it is gone (a reboot empties /tmp) or no longer private. `owner` is the user id the
    database runs under where that is not our own: the folder is then his, and lies outside `var/`.
    """
    run = var_folder("run")
    note = run / "sockets"
    with (run / "sockets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if note.exists() and _usable(remembered := Path(note.read_text().strip()), owner):
            return remembered
        inside = run / "s"
        if owner is None and _plain(inside):
            inside.mkdir(mode=0o700, exist_ok=True)
            return inside
        fresh = Path(tempfile.mkdtemp(prefix="evoscope-", dir=_short_place()))
        if owner is not None:
            os.chown(fresh, owner, -1)
        draft = run / "sockets.new"
        draft.write_text(f"{fresh}\n")
        draft.replace(note)
        return fresh


def forget_sockets() -> None:
    """Remove the folder outside `var/`, if there is one: both servers are down, and a start makes it anew."""
    run = var_folder("run")
    note = run / "sockets"
    with (run / "sockets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            return
        with suppress(OSError):  # not ours any more, or not empty: leave it
            Path(note.read_text().strip()).rmdir()
        note.unlink()


def _plain(path: Path) -> bool:
    """Short enough for a socket and free of signs that an address would have to escape."""
    written = str(path)
    plain = all(sign.isascii() and (sign.isalnum() or sign in "/._-") for sign in written)
    return plain and len(written) <= LONGEST


def _usable(path: Path, owner: int | None) -> bool:
    """A real folder, not a link, that only its owner can enter, and the owner is one of ours."""
    try:
        found = path.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if owner is not None:
        return private and found.st_uid == owner
    return private and os.geteuid() in (0, found.st_uid)


def _short_place() -> Path:
    """The folder for short-lived files; a user's runtime folder would vanish when he signs out."""
    place = Path(tempfile.gettempdir())
    return place if _plain(place / ("x" * 20)) else Path("/tmp")
