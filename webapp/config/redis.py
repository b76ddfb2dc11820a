"""Redis in its spellings: one address, written as each library wants it.

`REDIS_URL` reads `redis://`, `rediss://` or `unix://`; without it the embedded Redis of `var/` is
meant. redis-py and channels take `unix://`, Celery takes `redis+socket://` for the same socket.
Redis carries bells and counts of failed sign-ins; losing all of it loses no truth.
"""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

from webapp.config import env
from webapp.config.sockets import socket_folder
from webapp.config.var import secret

SOCKET = "redis.sock"
SCHEMES = ("redis", "rediss", "unix")


def embedded() -> bool:
    """True when no REDIS_URL is set, so Redis is ours to start and stop."""
    return not env.text("REDIS_URL")


def redis_password() -> str:
    """The password of the embedded server; generated once."""
    return secret("redis-password")


def redis_url() -> str:
    """The address for redis-py and channels. Starts nothing.

    Raises ImproperlyConfigured when REDIS_URL has another scheme.
    """
    if embedded():
        return f"unix://:{quote(redis_password())}@{quote(str(socket_folder() / SOCKET))}?db=0"
    url = env.text("REDIS_URL").replace("redis+socket://", "unix://", 1)
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ImproperlyConfigured(
            f"REDIS_URL must begin with redis://, rediss:// or unix://, got {parts.scheme or 'no scheme'!r}"
        )
    if parts.scheme == "unix" and "virtual_host" in parts.query:
        query = [("db" if key == "virtual_host" else key, value) for key, value in parse_qsl(parts.query)]
        url = urlunsplit(parts._replace(query=urlencode(query)))
    return url


def broker_url(url: str | None = None) -> str:
    """The same server as Celery spells it; `url` is in redis-py's spelling."""
    url = redis_url() if url is None else url
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    query = dict(parse_qsl(parts.query))
    host = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"redis+socket://{host}{quote(unquote(parts.path))}?virtual_host={query.get('db', '0')}"
