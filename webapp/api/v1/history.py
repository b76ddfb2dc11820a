"""A run's history: genomes, events since a number, points as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import loads
from webapp.api.paging import LIMIT, page, whole
from webapp.api.v1.base import REFUSALS, RUN_ID, View, number
from webapp.api.v1.shapes import EventShape, GenomeDetail, GenomeShape, Points, page_of
from webapp.searches.live.reads import events_since
from webapp.searches.models import Genome, Score

MOST_EVENTS = 2000
COLUMNS = ("number", "cycle", "fitness", "parameters", "flops")
AFTER = OpenApiParameter(
    "after", OpenApiTypes.INT64, description="birth numbers greater than this; -1 for the first"
)
SINCE = OpenApiParameter("since", OpenApiTypes.INT64, description="events after this number; 0 for all")
AS = OpenApiParameter("as", str, enum=["json", "float32"], description="JSON columns, or raw float32 columns")


class Genomes(View):
    @extend_schema(
        operation_id="genomes",
        parameters=[RUN_ID, LIMIT, AFTER],
        responses={200: page_of(GenomeShape), **REFUSALS},
    )
    def get(self, request: Request, run_id: str) -> Response:
        """Births in order."""
        run = self.run_of(request, run_id)
        return Response(page(request, Genome.objects.filter(run=run), "number", genome_json, after="after"))


class OneGenome(View):
    @extend_schema(
        operation_id="genome",
        parameters=[RUN_ID, OpenApiParameter("birth", OpenApiTypes.INT64, OpenApiParameter.PATH)],
        responses={200: GenomeDetail, **REFUSALS},
    )
    def get(self, request: Request, run_id: str, birth: str) -> Response:
        """One birth with its evaluations."""
        run = self.run_of(request, run_id)
        genome = Genome.objects.filter(run=run, number=min(max(number(birth), -1), 2**31 - 1)).first()
        if genome is None:
            raise NotFound(f"this run has {run.births} births, numbered from 0")
        scores = (
            Score.objects.filter(genome=genome).select_related("evaluation").order_by("evaluation__number")
        )
        return Response({**genome_json(genome), "evaluations": [evaluation_json(score) for score in scores]})


class Events(View):
    @extend_schema(
        operation_id="events",
        parameters=[RUN_ID, SINCE, LIMIT],
        responses={200: page_of(EventShape), **REFUSALS},
    )
    def get(self, request: Request, run_id: str) -> Response:
        """Events after a number, in order, without gaps; `next` is what to ask for from then on."""
        run = self.run_of(request, run_id)
        limit = whole(request, "limit", 500, least=1, most=MOST_EVENTS)
        found = events_since(run.pk, whole(request, "since", 0), limit)
        return Response({"results": found, "next": found[-1]["seq"] if len(found) == limit else None})


class RunPoints(View):
    @extend_schema(
        operation_id="points",
        parameters=[RUN_ID, AS],
        responses={
            200: Points,
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY),
            **REFUSALS,
        },
    )
    def get(self, request: Request, run_id: str) -> HttpResponse:
        """One point a birth. As `float32`: little-endian columns one after the other, in the order of the
        header `X-Columns`, `X-Count` values each, NaN where there is none."""
        run = self.run_of(request, run_id)
        wanted = request.query_params.get("as", "json") or "json"
        if wanted not in ("json", "float32"):
            raise InvalidParams({"as": "expected json or float32"})
        rows = list(Genome.objects.filter(run=run).order_by("number").values_list(*COLUMNS))
        if wanted == "json":
            columns = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
            return Response({name: list(column) for name, column in zip(COLUMNS, columns, strict=True)})
        values = np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))
        answer = HttpResponse(values.T.astype("<f4").tobytes(), content_type="application/octet-stream")
        answer["X-Columns"], answer["X-Count"] = ",".join(COLUMNS), str(len(rows))
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def genome_json(genome: Genome) -> dict[str, Any]:
    """A birth as clients see it."""
    names = "number key operator cycle fitness parameters flops failure_code left_reason left_at_job"
    return {
        **{name: getattr(genome, name) for name in names.split()},
        "genome": genome.genome_json,
        "parents": loads(genome.parent_numbers),
        "changes": genome.changes_json,
    }


def evaluation_json(score: Score) -> dict[str, Any]:
    """What one evaluation said of a birth."""
    evaluation = score.evaluation
    failure = {"class": score.failure_class, "code": score.failure_code, "reason": score.failure_reason}
    names = "kind phase state attempt seed predicted_cost seconds reuse_of"
    return {
        **{name: getattr(evaluation, name) for name in names.split()},
        "job": evaluation.number,
        "fidelity": loads(evaluation.fidelity),
        "metrics": score.metrics_json,
        "failure": failure if score.failure_class else None,
        "curve": evaluation.curve_json,
    }
