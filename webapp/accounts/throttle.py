"""Slowing down guesses at a password, counted by account and by address.

The counts lie in Redis, so that every web process knows them. While it is down nobody is slowed down: a
person who knows the password must get in.
"""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from redis import Redis, RedisError

log = logging.getLogger(__name__)

WINDOW = 300
"""Seconds after the first failed attempt for which failed ones count."""

MOST_BY_ACCOUNT = 8
MOST_BY_ADDRESS = 40


def client_address(request: HttpRequest) -> str:
    """Who asks: the peer, or what a trusted proxy says of it. The last hop that is no trusted proxy counts,
    because a client can write anything before it."""
    peer = request.META.get("REMOTE_ADDR", "")
    if peer not in settings.TRUSTED_PROXIES:
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if hop not in settings.TRUSTED_PROXIES), peer)


def too_many(request: HttpRequest, username: str) -> bool:
    """True while an account or address has failed too often."""
    try:
        account, address = (int(count or 0) for count in _redis().mget(_keys(request, username)))
    except (RedisError, OSError) as error:
        log.warning("attempts to sign in are not counted: Redis does not answer: %s", error)
        return False
    return account >= MOST_BY_ACCOUNT or address >= MOST_BY_ADDRESS


def note_failure(request: HttpRequest, username: str) -> None:
    """Counts one failed attempt."""
    try:
        with _redis().pipeline() as together:
            for key in _keys(request, username):
                together.set(key, 0, ex=WINDOW, nx=True)
                together.incr(key)
            together.execute()
    except (RedisError, OSError) as error:
        log.warning("a failed attempt to sign in is not counted: Redis does not answer: %s", error)


def forget(request: HttpRequest, username: str) -> None:
    """A right password clears the account's count, not the address's."""
    try:
        _redis().delete(_keys(request, username)[0])
    except (RedisError, OSError) as error:
        log.warning("failed attempts to sign in are not forgotten: Redis does not answer: %s", error)


def _redis() -> Redis:
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=2)
def _client(url: str) -> Redis:
    """One client a process; its pool is safe to share between threads."""
    return Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)


def _keys(request: HttpRequest, username: str) -> tuple[str, str]:
    """Hashed: names may be long, and Redis is no place for what people type."""
    account = hashlib.sha256(username.strip().lower().encode()).hexdigest()[:32]
    address = hashlib.sha256(client_address(request).encode()).hexdigest()[:32]
    return f"evoscope:sign-in:account:{account}", f"evoscope:sign-in:address:{address}"
