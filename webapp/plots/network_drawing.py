"""A network as an SVG in the page's own colours."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

from searchengine.report.drawing import Drawing
from searchengine.report.svg import svg


def network_drawing(drawing: Drawing, title: str, ident: str = "network") -> SafeString:
    """The drawing as one element. Its boxes leave the order of Tab: the frame around it takes the keyboard,
    and the list of layers beside it says the same in words. All text in it was escaped when it was written.
    """
    text = svg(drawing, title, ident=ident).replace(' tabindex="0" role="group"', ' role="presentation"')
    return mark_safe(text)
