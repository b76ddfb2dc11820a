"""Documents of a run, such as its latency table: what it was given or found, as JSON objects."""

from __future__ import annotations

from django.conf import settings

from searchengine import catalogue, driver
from searchengine.core.errors import UnknownName
from searchengine.core.jsontext import Json, loads
from searchengine.driver.documents import documents_of, reader
from searchengine.jobs.store import Store
from webapp.searches.models import SearchRun


def documents(run: SearchRun) -> dict[str, Json]:
    """By the name of their parameter; none before launch, and none of a method that is gone. Raises
    ``MissingArtifact`` and ``DamagedArtifact``."""
    value = loads(run.plan)
    if not value or not document_names(run):
        return {}
    plan = driver.Plan.from_json(value)
    return documents_of(plan, run.progress_json, reader(Store(settings.STORE)))


def document_names(run: SearchRun) -> tuple[str, ...]:
    """Those that :func:`documents` would read, without reading them."""
    params, found = run.params_json, run.progress_json.get("documents") or {}
    slug = run.method
    if "space_params" in params:  # a control has those of the space it searches
        slug, params = params.get("space", ""), params["space_params"]
    try:
        known = catalogue.method(slug).documents
    except UnknownName:
        return ()
    return tuple(name for name in known if found.get(name) or params.get(name))
