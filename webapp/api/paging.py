"""Pages by key: page 1,000 costs what page 1 costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

MOST = 500
USUAL = 50

LIMIT = OpenApiParameter("limit", int, description=f"rows of a page, 1 to {MOST}; {USUAL} by default")


def whole(request: Request, name: str, default: int, *, least: int = 0, most: int = 2**62) -> int:
    """A whole number of the query. Raises a validation error in words."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 20 and least <= int(text) <= most):
        raise serializers.ValidationError({name: [f"expected a whole number from {least} to {most}"]})
    return int(text)


def page(
    request: Request,
    rows: QuerySet[Any],
    key: str,
    show: Callable[[Any], dict[str, Any]],
    *,
    after: str,
    newest_first: bool = False,
) -> dict[str, Any]:
    """``{"results": [...], "next": value for the query's `after` or null}``, ordered by the unique column
    ``key``."""
    limit = whole(request, "limit", USUAL, least=1, most=MOST)
    start = whole(request, after, 2**62 if newest_first else -1, least=-1)
    compare = f"{key}__lt" if newest_first else f"{key}__gt"
    ordered = rows.filter(**{compare: start}).order_by(f"-{key}" if newest_first else key)
    found: list[Model] = list(ordered[: limit + 1])
    more = len(found) > limit
    return {
        "results": [show(row) for row in found[:limit]],
        "next": getattr(found[limit - 1], key) if more else None,
    }
