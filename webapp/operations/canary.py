"""Whether a store belongs to this database: a worker that mounted another folder would lose its results."""

import hashlib
from pathlib import Path

from django.db import connection

from webapp.config.var import store_folder

NAME = "canary"


class StoreRefused(RuntimeError):
    """The store is not the one this database uses."""


def sign_store() -> None:
    """Leave this database's mark in the store."""
    folder = store_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{NAME}.new"
    draft.write_text(_mark())
    draft.replace(folder / NAME)


def check_store() -> Path:
    """The store's folder; raises StoreRefused when its mark is missing or another database's."""
    folder = store_folder()
    try:
        found = (folder / NAME).read_text()
    except OSError:
        found = ""
    if found != _mark():
        raise StoreRefused(
            f"{folder} is not the store of this database ({'another mark' if found else 'no mark'} in it); "
            "mount the folder the main machine uses and name it in EVOSCOPE_STORE"
        )
    return folder


def _mark() -> str:
    """A digest of the moment this database was first migrated: another for every database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT applied::text FROM django_migrations ORDER BY id LIMIT 1")
        row = cursor.fetchone()
    return hashlib.sha256(f"evoscope store of {row[0]}".encode()).hexdigest() + "\n"
