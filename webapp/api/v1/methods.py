"""The methods, their presets and parameters."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from searchengine import catalogue
from searchengine.core.method import Method
from searchengine.core.params import knobs
from webapp.api.v1.base import REFUSALS, View
from webapp.api.v1.shapes import MethodShape


class Methods(View):
    @extend_schema(operation_id="methods", responses={200: MethodShape(many=True), **REFUSALS})
    def get(self, request: Request) -> Response:
        """Every method in the catalogue."""
        return Response([method_json(method) for method in catalogue.methods().values()])


class OneMethod(View):
    @extend_schema(operation_id="method", responses={200: MethodShape, **REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """One method."""
        return Response(method_json(catalogue.method(slug)))


def method_json(method: Method) -> dict[str, Any]:
    """A method as clients see it."""
    return {
        "slug": method.slug,
        "title": method.title,
        "summary": method.summary,
        "result": method.result,
        "control": method.control,
        "is_control": method.is_control,
        "modalities": sorted(method.accepts.modalities),
        "presets": [
            {
                "name": name,
                "title": found.title,
                "cost": found.cost,
                "window": found.window,
                "values": dict(found.values),
            }
            for name, found in method.presets.items()
        ],
        "parameters": [view._asdict() for view in knobs(method.params)],
    }
