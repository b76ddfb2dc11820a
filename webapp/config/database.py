"""The one database: a team's own PostgreSQL from `DATABASE_URL`, or the embedded one of `var/`."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from webapp.config import env
from webapp.config.sockets import socket_folder
from webapp.config.var import secret

NAME = "evoscope"
"""Database and role of the embedded server."""


def embedded() -> bool:
    """True when no DATABASE_URL is set, so PostgreSQL is ours to start and stop."""
    return not env.text("DATABASE_URL")


def postgres_password() -> str:
    """The password of the embedded server's role; generated once."""
    return secret("postgres-password")


def database() -> dict[str, Any]:
    """Django's entry for the default database. Starts nothing."""
    entry = (
        {
            "NAME": NAME,
            "USER": NAME,
            "PASSWORD": postgres_password(),
            "HOST": str(socket_folder()),
            "PORT": "",
            "OPTIONS": {},
        }
        if embedded()
        else database_from(env.text("DATABASE_URL"))
    )
    # No CONN_MAX_AGE: a request or a task opens its own, which costs little on a socket and finds a server
    # that was restarted; under ASGI kept connections would stay with threads that are gone.
    return {"ENGINE": "django.db.backends.postgresql", **entry}


def database_from(url: str) -> dict[str, Any]:
    """NAME, USER, PASSWORD, HOST, PORT and OPTIONS of `postgresql://user:password@host:port/name?sslmode=...`.

    Raises ImproperlyConfigured, without repeating the password, when the address is another one.
    """
    wanted = "DATABASE_URL must read postgresql://user:password@host:port/name"
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{wanted}, got one that begins with {parts.scheme!r}; PostgreSQL alone is supported"
        )
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{wanted}; its port is no number from 0 to 65535") from None
    options = dict(parse_qsl(parts.query))
    name = unquote(parts.path.removeprefix("/"))
    host = unquote(parts.hostname or "") or options.pop("host", "")
    if not name or not host:
        raise ImproperlyConfigured(f"{wanted}; the {'name' if not name else 'host'} is missing")
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
