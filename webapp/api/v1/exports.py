"""Exports: asked for, looked at, taken away."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.api.paging import LIMIT, page
from webapp.api.v1.base import REFUSALS, RUN_ID, View, number
from webapp.api.v1.shapes import ExportShape, ExportWish, page_of
from webapp.exports.models import Export
from webapp.exports.services.ask import ask_for_export
from webapp.exports.services.cancel_export import cancel_export
from webapp.exports.services.download import open_download

EXPORT_ID = OpenApiParameter("export_id", OpenApiTypes.INT64, OpenApiParameter.PATH)
BEFORE = OpenApiParameter("before", OpenApiTypes.INT64, description="ids smaller than this")


class RunExports(View):
    @extend_schema(
        operation_id="exports",
        parameters=[RUN_ID, LIMIT, BEFORE],
        responses={200: page_of(ExportShape), **REFUSALS},
    )
    def get(self, request: Request, run_id: str) -> Response:
        """A run's exports, newest first."""
        run = self.run_of(request, run_id)
        rows = Export.objects.filter(run=run).select_related("genome")
        return Response(page(request, rows, "id", export_json, after="before", newest_first=True))

    @extend_schema(
        operation_id="export",
        parameters=[RUN_ID],
        request=ExportWish,
        responses={201: ExportShape, **REFUSALS},
    )
    def post(self, request: Request, run_id: str) -> Response:
        """Export a birth, or what the search found."""
        run = self.run_of(request, run_id, Role.RESEARCHER)
        shape = ExportWish(data=request.data)
        shape.is_valid(raise_exception=True)
        genome = self.birth_of(run, shape.validated_data["genome"])
        export = ask_for_export(run=run, actor=self.person(request), genome=genome)
        return Response(export_json(export), status=status.HTTP_201_CREATED)


class OneExport(View):
    @extend_schema(
        operation_id="one_export", parameters=[EXPORT_ID], responses={200: ExportShape, **REFUSALS}
    )
    def get(self, request: Request, export_id: str) -> Response:
        """How an export goes, and what its checks said."""
        rows = Export.objects.select_related("genome")
        return Response(export_json(one_of(rows, self.person(request), number(export_id))))


class CancelExport(View):
    @extend_schema(
        operation_id="cancel_export",
        parameters=[EXPORT_ID],
        request=None,
        responses={200: ExportShape, **REFUSALS},
    )
    def post(self, request: Request, export_id: str) -> Response:
        """Stop writing it."""
        cancel_export(user=self.person(request), export_id=number(export_id))
        rows = Export.objects.select_related("genome")
        return Response(export_json(one_of(rows, self.person(request), number(export_id))))


class DownloadExport(View):
    @extend_schema(
        operation_id="download_export",
        parameters=[EXPORT_ID],
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY), **REFUSALS},
    )
    def get(self, request: Request, export_id: str) -> FileResponse:
        """The zip."""
        found = open_download(user=self.person(request), export_id=number(export_id))
        answer = FileResponse(
            found.path.open("rb"), as_attachment=True, filename=found.filename, content_type="application/zip"
        )
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def export_json(export: Export) -> dict[str, Any]:
    """An export as clients see it."""
    return {
        "id": export.pk,
        "run": export.run_id,
        "kind": export.kind,
        "genome": export.genome.number if export.genome else None,
        "state": export.state,
        "progress": export.progress,
        "doing": export.doing,
        "error": export.error,
        "sha256": export.sha256,
        "bytes": export.bytes,
        "checks": export.checks_json,
    }
