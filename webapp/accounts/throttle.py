"""Slowing down guesses at a password, counted by account and by address, in the shared cache."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

WINDOW = 300
"""Seconds for which a failed attempt counts."""

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
    account, address = _keys(request, username)
    counts = cache.get_many([account, address])
    return counts.get(account, 0) >= MOST_BY_ACCOUNT or counts.get(address, 0) >= MOST_BY_ADDRESS


def note_failure(request: HttpRequest, username: str) -> None:
    """Counts one failed attempt."""
    for key in _keys(request, username):
        if not cache.add(key, 1, WINDOW):
            try:
                cache.incr(key)
            except ValueError:  # it ran out between the two calls
                cache.add(key, 1, WINDOW)


def forget(request: HttpRequest, username: str) -> None:
    """A right password clears the account's count, not the address's."""
    cache.delete(_keys(request, username)[0])


def _keys(request: HttpRequest, username: str) -> tuple[str, str]:
    """Hashed: names may be long or hold signs that a cache refuses."""
    account = hashlib.sha256(username.strip().lower().encode()).hexdigest()[:32]
    address = hashlib.sha256(client_address(request).encode()).hexdigest()[:32]
    return f"sign-in-account-{account}", f"sign-in-address-{address}"
