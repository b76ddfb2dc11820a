"""Judgements: asked for, looked at."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.accounts.roles import Role
from webapp.api.paging import LIMIT, page
from webapp.api.v1.base import REFUSALS, RUN_ID, View
from webapp.api.v1.shapes import JudgementShape, JudgementWish, page_of
from webapp.judging.models import Judgement
from webapp.judging.services.ask import ask_for_judgement

BEFORE = OpenApiParameter("before", OpenApiTypes.INT64, description="ids smaller than this")


class RunJudgements(View):
    @extend_schema(
        operation_id="judgements",
        parameters=[RUN_ID, LIMIT, BEFORE],
        responses={200: page_of(JudgementShape), **REFUSALS},
    )
    def get(self, request: Request, run_id: str) -> Response:
        """What of a run was judged on test, newest first."""
        run = self.run_of(request, run_id)
        rows = Judgement.objects.filter(run=run).select_related("genome")
        return Response(page(request, rows, "id", judgement_json, after="before", newest_first=True))

    @extend_schema(
        operation_id="judge",
        parameters=[RUN_ID],
        request=JudgementWish,
        responses={201: JudgementShape, **REFUSALS},
    )
    def post(self, request: Request, run_id: str) -> Response:
        """Open the test part for a birth, or for what the search found. Every look is counted."""
        run = self.run_of(request, run_id, Role.RESEARCHER)
        shape = JudgementWish(data=request.data)
        shape.is_valid(raise_exception=True)
        if not shape.validated_data["look_counts"]:
            raise ValidationError({"look_counts": ["say true: this look at test is counted for good"]})
        genome = self.birth_of(run, shape.validated_data["genome"])
        judgement = ask_for_judgement(run=run, actor=self.person(request), genome=genome)
        return Response(judgement_json(judgement), status=status.HTTP_201_CREATED)


def judgement_json(judgement: Judgement) -> dict[str, Any]:
    """A judgement as clients see it."""
    return {
        "id": judgement.pk,
        "run": judgement.run_id,
        "genome": judgement.genome.number if judgement.genome else None,
        "state": judgement.state,
        "look": judgement.look,
        "samples": judgement.samples,
        "metrics": judgement.metrics_json,
        "error": judgement.error,
    }
