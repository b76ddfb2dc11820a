"""Runs: list, launch, look, and what can be done to one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import loads
from webapp.accounts.permissions import visible
from webapp.accounts.roles import Role
from webapp.api.paging import LIMIT, page
from webapp.api.v1.base import REFUSALS, RUN_ID, View
from webapp.api.v1.shapes import ForkShape, LaunchShape, RunDetail, RunShape, page_of
from webapp.searches.models import SearchRun, Snapshot
from webapp.searches.services.fork import fork
from webapp.searches.services.kill import kill
from webapp.searches.services.launch import Launch, launch
from webapp.searches.services.pause import pause
from webapp.searches.services.resume import resume
from webapp.searches.services.stop import stop
from webapp.searches.states import State

BEFORE = OpenApiParameter("before", OpenApiTypes.INT64, description="ids smaller than this")
IN_STATE = OpenApiParameter("state", str, enum=[state.value for state in State])
VERBS = {"pause": pause, "resume": resume, "stop": stop, "kill": kill}


class Runs(View):
    @extend_schema(
        operation_id="runs",
        parameters=[LIMIT, BEFORE, IN_STATE],
        responses={200: page_of(RunShape), **REFUSALS},
    )
    def get(self, request: Request) -> Response:
        """The runs of your teams, newest first."""
        rows = visible(SearchRun.objects.select_related("team"), self.person(request))
        state = request.query_params.get("state", "")
        if state:
            if state not in State:
                raise InvalidParams({"state": f"expected one of {', '.join(State)}"})
            rows = rows.filter(state=state)
        return Response(page(request, rows, "id", run_json, after="before", newest_first=True))

    @extend_schema(
        operation_id="launch", request=LaunchShape, responses={201: RunDetail, 200: RunDetail, **REFUSALS}
    )
    def post(self, request: Request) -> Response:
        """Launch a search. 200 instead of 201 when the same launch (by `key`) had come before."""
        shape = LaunchShape(data=request.data)
        shape.is_valid(raise_exception=True)
        wish = dict(shape.validated_data)
        wanted = Launch(dataset_id=wish.pop("dataset"), **wish)
        try:
            done = launch(user=self.person(request), wanted=wanted)
        except InvalidParams as wrong:
            fields = {
                "dataset" if name == "dataset_id" else name: text for name, text in wrong.fields.items()
            }
            raise InvalidParams(fields) from None
        code = status.HTTP_201_CREATED if done.fresh else status.HTTP_200_OK
        return Response(run_detail(done.run), status=code)


class OneRun(View):
    @extend_schema(operation_id="run", parameters=[RUN_ID], responses={200: RunDetail, **REFUSALS})
    def get(self, request: Request, run_id: str) -> Response:
        """One run."""
        return Response(run_detail(self.run_of(request, run_id)))


class RunVerb(View):
    @extend_schema(
        operation_id="do",
        parameters=[RUN_ID, OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=list(VERBS))],
        request=None,
        responses={200: RunDetail, **REFUSALS},
    )
    def post(self, request: Request, run_id: str, verb: str) -> Response:
        """Pause, resume, stop or kill. 409 when the run's state does not allow it."""
        run = self.run_of(request, run_id, Role.RESEARCHER)
        if verb not in VERBS:
            raise NotFound(f"there is no verb of that name; there are {', '.join(VERBS)}")
        return Response(run_detail(VERBS[verb](run_id=run.pk, actor=self.person(request))))


class ForkRun(View):
    @extend_schema(
        operation_id="fork", parameters=[RUN_ID], request=ForkShape, responses={201: RunDetail, **REFUSALS}
    )
    def post(self, request: Request, run_id: str) -> Response:
        """A new run that goes on from a snapshot of this one."""
        run = self.run_of(request, run_id, Role.RESEARCHER)
        shape = ForkShape(data=request.data)
        shape.is_valid(raise_exception=True)
        wish = dict(shape.validated_data)
        forked = fork(run_id=run.pk, snapshot_id=wish.pop("snapshot"), actor=self.person(request), **wish)
        return Response(run_detail(forked), status=status.HTTP_201_CREATED)


def run_json(run: SearchRun) -> dict[str, Any]:
    """A run as lists show it."""
    names = (
        "id name method preset seed window state created started finished births "
        "evaluations_done evaluations_planned reused failures best_fitness best_genome last_seq"
    )
    return {
        **{name: getattr(run, name) for name in names.split()},
        "team": run.team.slug,
        "dataset": run.dataset_id,
        "control_of": run.control_of_id,
        "error": run.error.partition("\n")[0],
    }


def run_detail(run: SearchRun) -> dict[str, Any]:
    """A run whole; one query for its snapshots."""
    snapshots = (
        Snapshot.objects.filter(run=run).order_by("-pk").values("id", "name", "births", "jobs", "stale")[:100]
    )
    return {
        **run_json(run),
        "error": run.error,
        "params": run.params_json,
        "recipe": loads(run.recipe),
        "budget_evaluations": run.budget_evaluations,
        "budget_seconds": run.budget_seconds,
        "progress": run.progress_json,
        "outcome": run.outcome_json,
        "snapshots": list(snapshots),
    }
