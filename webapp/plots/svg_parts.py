"""Small pieces of SVG, written once: every text in them is escaped, every length has one decimal."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.plots.scale import number


def rect(look: str, x: float, y: float, width: float, height: float, radius: int) -> SafeString:
    """A box with round corners; ``look`` are its classes."""
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>',
        look, number(x), number(y), number(width), number(height), radius,
    )  # fmt: skip


def text(look: str, x: float, y: float, words: str) -> SafeString:
    """A line of text whose foot stands at ``y``; where ``x`` lies in it is the stylesheet's."""
    return format_html('<text class="{}" x="{}" y="{}">{}</text>', look, number(x), number(y), words)


def joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def fitted(words: str, width: float, character: float) -> str:
    """``words`` cut to what fits into ``width``, a character reckoned so wide."""
    most = max(int(width / character + 0.1), 2)
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"
