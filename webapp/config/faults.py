"""What a person or a program is told when an answer could not be made: 503 while the database is away, 500
for a bug of ours. Programs get JSON, as from every other address of the API; neither asks the database."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

AWAY = (
    "the database does not answer just now; Evoscope goes on by itself when it is back: ask again in a moment"
)
BUG = "something went wrong on our side; the log of the web process holds the details"
RETRY_SECONDS = 2


def fault(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``: called while the exception is being handled."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if away else 500
    answer: HttpResponse
    if request.path.startswith("/api/"):
        answer = JsonResponse({"detail": AWAY if away else BUG}, status=status)
    else:
        answer = HttpResponse(render_to_string(f"{status}.html"), status=status)
    if away:
        answer["Retry-After"] = str(RETRY_SECONDS)
    return answer
