"""The Content-Security-Policy header: nothing from another origin, no inline script, no plug-in.

A view that must allow more says so by `allow(response, "script-src", "'sha256-...'")`.
"""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"

POLICY: dict[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "script-src": ("'self'",),
    # Plotly and Cytoscape set styles from script; our own templates hold none.
    "style-src": ("'self'", "'unsafe-inline'"),
    "img-src": ("'self'", "data:", "blob:"),
    "connect-src": ("'self'",),
    "object-src": ("'none'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}


def written(policy: dict[str, tuple[str, ...]]) -> str:
    """The header's text."""
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


def allow(response: HttpResponseBase, directive: str, *sources: str) -> None:
    """Widen one directive for this response alone."""
    policy: dict[str, tuple[str, ...]] = getattr(response, "content_policy", settings.CONTENT_SECURITY_POLICY)
    widened = {**policy, directive: (*policy.get(directive, policy["default-src"]), *sources)}
    response.content_policy = widened  # type: ignore[attr-defined]


class ContentPolicyMiddleware:
    """Puts the policy on every response; works in Django's sync and async chain alike."""

    sync_capable = True
    async_capable = True

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
    ) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if iscoroutinefunction(self.get_response):
            return self._awaited(request)
        response = self.get_response(request)
        assert isinstance(response, HttpResponseBase)
        return _with_policy(response)

    async def _awaited(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        assert not isinstance(answer, HttpResponseBase)
        return _with_policy(await answer)


def _with_policy(response: HttpResponseBase) -> HttpResponseBase:
    policy = getattr(response, "content_policy", settings.CONTENT_SECURITY_POLICY)
    response.headers.setdefault(HEADER, written(policy))
    return response
