"""The folder `var/`: all state that is not in a team's own servers.

    secrets/    one secret a file, mode 600: secret-key, postgres-password, redis-password
    postgres/   the embedded database (servers started by us only)
    redis/      configuration of the embedded Redis
    run/        locks, process ids, the address of a running launcher; worthless after a stop
    logs/       one file a process
    data/       prepared data by fingerprint
    artifacts/  the store, unless EVOSCOPE_STORE moves it

`EVOSCOPE_VAR` moves the whole folder. It is shared with `python -m searchengine`.
"""

import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from webapp.config import env

HOME = Path(__file__).resolve().parents[2]
"""The folder that holds manage.py."""


def var() -> Path:
    """The folder of all state; made with mode 700 when missing."""
    return private_folder(env.folder("EVOSCOPE_VAR", HOME / "var"))


def var_folder(name: str) -> Path:
    """A folder inside `var/`, mode 700, made when missing."""
    return private_folder(var() / name)


def store_folder() -> Path:
    """Where artifacts lie: EVOSCOPE_STORE, which other machines may mount, or var/artifacts."""
    return env.folder("EVOSCOPE_STORE", var() / "artifacts")


def private_folder(path: Path) -> Path:
    """`path` as a folder that nobody but its owner can list or write.

    Passing through it to a folder of one's own may stay allowed (mode 711): see `servers.places`.
    Raises ImproperlyConfigured when it cannot be made or belongs to somebody else.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(path.stat().st_mode) & 0o066:
            path.chmod(0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} must be a folder of the user who runs Evoscope ({error.strerror}); "
            "run as its owner, or set EVOSCOPE_VAR to another folder"
        ) from None
    return path


def secret(name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
    """The secret kept under `name`, made at first use; the same for two processes that start at once."""
    path = var_folder("secrets") / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path} cannot be read ({error.strerror}); run Evoscope as the user who first started it"
        ) from None
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{name}-")  # mode 600 by its promise
    with os.fdopen(handle, "w") as file:
        file.write(make() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails when another process was first: its secret counts
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
    return path.read_text().strip()
