"""A document of a run, such as its latency table, as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from searchengine.core.jsontext import dumps
from searchengine.jobs.store import DamagedArtifact, MissingArtifact
from webapp.searches.documents import documents
from webapp.searches.views.access import run_of


@login_required
@require_safe
def document(request: HttpRequest, run_id: int, name: str) -> HttpResponse:
    """The JSON object that another search takes for its parameter ``name``."""
    run = run_of(request, run_id)
    try:
        found = documents(run).get(name)
    except (MissingArtifact, DamagedArtifact) as error:
        raise Http404(str(error)) from None
    if found is None:
        raise Http404(f"this run has no {name.replace('_', ' ')}")
    response = HttpResponse(dumps(found) + "\n", content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-{name}.json"'
    return response
