"""Refusals in words: what was expected, what came, what to do; never a 5xx for what a client sent."""

from __future__ import annotations

from typing import Any

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from searchengine.core.errors import EngineError, InvalidParams, UnknownName
from webapp.exports.services.ask import ExportRefused
from webapp.judging.services.ask import JudgementRefused
from webapp.searches.states import MoveRefused


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """``{"detail": sentence}``, with ``fields`` where single fields are wrong. None for a bug of ours:
    Django's 500."""
    if isinstance(error, InvalidParams):
        body = {"detail": str(error), "fields": error.fields}
        return Response(body, status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, UnknownName):
        return Response({"detail": str(error)}, status=status.HTTP_404_NOT_FOUND)
    if isinstance(error, EngineError):
        return Response({"detail": str(error)}, status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, MoveRefused | ExportRefused | JudgementRefused):
        return Response({"detail": str(error)}, status=status.HTTP_409_CONFLICT)
    response = exception_handler(error, context)
    if response is not None and isinstance(response.data, dict) and "detail" not in response.data:
        fields = {
            name: " ".join(map(str, texts))
            for name, texts in response.data.items()
            if isinstance(texts, list)
        }
        response.data = {
            "detail": "; ".join(f"{name}: {text}" for name, text in fields.items()),
            "fields": fields,
        }
    return response
