"""Data sets: what there is, and preparing them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from searchengine.core.jsontext import loads
from webapp.accounts.permissions import one_of, visible
from webapp.accounts.roles import Role
from webapp.api.paging import LIMIT, page
from webapp.api.v1.base import REFUSALS, View, number
from webapp.api.v1.shapes import DatasetShape, page_of
from webapp.datasets.models import Dataset
from webapp.datasets.services.cancel_preparation import cancel_preparation
from webapp.datasets.services.prepare import ask_preparation

DATASET_ID = OpenApiParameter("dataset_id", OpenApiTypes.INT64, OpenApiParameter.PATH)
AFTER = OpenApiParameter("after", OpenApiTypes.INT64, description="ids greater than this")


class Datasets(View):
    @extend_schema(
        operation_id="datasets", parameters=[LIMIT, AFTER], responses={200: page_of(DatasetShape), **REFUSALS}
    )
    def get(self, request: Request) -> Response:
        """The data sets of your teams, by id."""
        rows = visible(Dataset.objects.select_related("team"), self.person(request))
        return Response(page(request, rows, "id", dataset_json, after="after"))


class OneDataset(View):
    @extend_schema(operation_id="dataset", parameters=[DATASET_ID], responses={200: DatasetShape, **REFUSALS})
    def get(self, request: Request, dataset_id: str) -> Response:
        """One data set."""
        rows = Dataset.objects.select_related("team")
        return Response(dataset_json(one_of(rows, self.person(request), number(dataset_id))))


class PrepareDataset(View):
    @extend_schema(
        operation_id="prepare_dataset",
        parameters=[DATASET_ID],
        request=None,
        responses={200: DatasetShape, **REFUSALS},
    )
    def post(self, request: Request, dataset_id: str) -> Response:
        """Have it prepared, when that was not done yet."""
        rows = Dataset.objects.select_related("team")
        dataset = one_of(rows, self.person(request), number(dataset_id), Role.RESEARCHER)
        ask_preparation(dataset=dataset, actor=self.person(request))
        dataset.refresh_from_db()
        return Response(dataset_json(dataset))


class CancelDataset(View):
    @extend_schema(
        operation_id="cancel_dataset",
        parameters=[DATASET_ID],
        request=None,
        responses={200: DatasetShape, **REFUSALS},
    )
    def post(self, request: Request, dataset_id: str) -> Response:
        """Stop its preparation."""
        cancel_preparation(user=self.person(request), dataset_id=number(dataset_id))
        rows = Dataset.objects.select_related("team")
        return Response(dataset_json(one_of(rows, self.person(request), number(dataset_id))))


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    """A data set as clients see it; never where it came from on the server."""
    summary = loads(dataset.summary)
    return {
        "id": dataset.pk,
        "team": dataset.team.slug,
        "slug": dataset.slug,
        "title": dataset.title,
        "state": dataset.state,
        "built_in": dataset.built_in,
        "flow": bool(summary.get("flow", dataset.flow)),
        "labels": str(summary.get("labels", "single")) if summary else "",
        "fingerprint": dataset.fingerprint,
        "summary": summary,
        "progress": dataset.progress,
        "doing": dataset.doing,
        "error": dataset.error,
    }
