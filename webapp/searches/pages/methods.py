"""Methods as pages name them."""

from __future__ import annotations

from searchengine import catalogue
from searchengine.core.errors import UnknownName
from searchengine.core.method import Method


def method_title(slug: str) -> str:
    """The title of a method; its slug when the method is no longer installed."""
    try:
        return catalogue.method(slug).title
    except UnknownName:
        return slug


def launchable() -> list[Method]:
    """Methods in the order of the launch page: searches first, controls last, each by title."""
    return sorted(catalogue.methods().values(), key=lambda method: (method.is_control, method.title))
