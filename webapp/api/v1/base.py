"""What every view shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.api.authentication import BearerToken
from webapp.api.errors import answer
from webapp.api.parsing import StrictJsonParser
from webapp.searches.models import Genome, SearchRun

REFUSAL = OpenApiResponse(
    inline_serializer(
        "Refusal",
        {
            "detail": serializers.CharField(),
            "fields": serializers.DictField(child=serializers.CharField(), required=False),
        },
    ),
    description="refused, in words",
)
REFUSALS = dict.fromkeys((400, 401, 403, 404, 405, 406, 409, 413, 415), REFUSAL)

RUN_ID = OpenApiParameter("run_id", OpenApiTypes.INT64, OpenApiParameter.PATH)


class View(APIView):
    """Token or session, signed in, strict JSON."""

    authentication_classes = (BearerToken, SessionAuthentication)
    permission_classes = (IsAuthenticated,)
    parser_classes = (StrictJsonParser,)
    renderer_classes = (JSONRenderer,)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return answer

    def person(self, request: Request) -> User:
        return cast(User, request.user)

    def run_of(self, request: Request, run_id: str, role: Role = Role.VIEWER) -> SearchRun:
        """Raises ``PermissionDenied`` alike for what is foreign and what does not exist."""
        rows = SearchRun.objects.select_related("team", "dataset")
        return one_of(rows, self.person(request), number(run_id), role)

    def birth_of(self, run: SearchRun, birth: int | None) -> Genome | None:
        """The birth a wish names; None for None, which means what the search found. Raises ``NotFound``."""
        if birth is None:
            return None
        genome = Genome.objects.filter(run=run, number=birth).first()
        if genome is None:
            raise NotFound(f"this run has {run.births} births, numbered from 0")
        return genome


def number(text: str) -> int:
    """An id of an address; -1 for anything that can be none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1
