"""Who the database runs as. PostgreSQL refuses to run as root, so root needs a way around.

An ordinary user runs it as himself. Root runs it in a user namespace that maps root to an ordinary id:
the files stay root's own, inside a folder nobody else can enter. Where the kernel forbids that (many
containers do), the database gets a user of its own.
"""

import os
import pwd
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

OWN_USER = "evoscope"


class NoIdentity(RuntimeError):
    """Root can neither map itself nor make a user for the database."""


@dataclass(frozen=True)
class Identity:
    """How a server's command is run: words put before it, and the user id it runs under (None: ours)."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    popen: dict[str, object] = field(default_factory=dict, hash=False)

    def runs(self, *command: str) -> bool:
        """True when the command can be started under this identity and ends well."""
        try:
            done = subprocess.run(
                [*self.prefix, *command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=30,
                cwd="/",
                **self.popen,  # type: ignore[call-overload]
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return bool(done.returncode == 0)

    def writes_in(self, folder: Path) -> bool:
        """True when a server of this identity may make files in `folder`."""
        return self.runs("/bin/sh", "-c", 'test -w "$1" && test -x "$1"', "sh", str(folder))


def mapped_root() -> Identity:
    """Root inside a user namespace under an id that has a name, which `initdb` asks for."""
    names = [entry for entry in pwd.getpwall() if 0 < entry.pw_uid < 65_534]
    entry = next((entry for entry in names if entry.pw_uid == 1000), names[0] if names else None)
    uid, gid = (entry.pw_uid, entry.pw_gid) if entry else (1000, 1000)
    return Identity(prefix=("unshare", "--user", f"--map-user={uid}", f"--map-group={gid}"))


def user_called(name: str) -> Identity:
    """The identity of an existing user; raises KeyError when there is none of that name."""
    entry = pwd.getpwnam(name)
    return Identity(uid=entry.pw_uid, popen={"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []})


def own_user() -> Identity:
    """A system user of the database's own, made when missing; raises NoIdentity when that fails."""
    try:
        return user_called(OWN_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", OWN_USER]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
            return user_called(OWN_USER)
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            raise NoIdentity(
                "PostgreSQL does not run as root; this machine allows neither user namespaces nor a user "
                f"named {OWN_USER} ({error}); run Evoscope as an ordinary user, or set DATABASE_URL"
            ) from None


@cache
def identity() -> Identity:
    """The identity for this machine and user."""
    if os.geteuid() != 0:
        return Identity()
    mapped = mapped_root()
    return mapped if mapped.runs("true") else own_user()
