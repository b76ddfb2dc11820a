"""Documents of a run: JSON objects that another search takes for a parameter."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from searchengine.jobs.store import DamagedArtifact, MissingArtifact
from webapp.api.v1.base import REFUSALS, RUN_ID, View
from webapp.searches.documents import documents

NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="a parameter, as `latency_table`")


class RunDocument(View):
    @extend_schema(
        operation_id="document", parameters=[RUN_ID, NAME], responses={200: OpenApiTypes.OBJECT, **REFUSALS}
    )
    def get(self, request: Request, run_id: str, name: str) -> Response:
        """A JSON object that the run was given or found, such as its latency table."""
        run = self.run_of(request, run_id)
        try:
            found = documents(run)
        except (MissingArtifact, DamagedArtifact) as error:
            raise NotFound(str(error)) from None
        if name not in found:
            raise NotFound(f"this run has no document of that name; it has {', '.join(found) or 'none'}")
        return Response(found[name])
