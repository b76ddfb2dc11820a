"""Documents of a run, such as its latency table: what it was given or found, as JSON objects."""

from __future__ import annotations

from django.conf import settings

from searchengine.core.jsontext import Json
from searchengine.driver import documents as engine
from searchengine.jobs.store import Store
from webapp.searches.models import SearchRun


def documents(run: SearchRun) -> dict[str, Json]:
    """By the name of their parameter; none of a method that is gone. Raises ``MissingArtifact`` and
    ``DamagedArtifact``."""
    read = engine.reader(Store(settings.STORE))
    return engine.documents_of(run.method, run.params_json, run.progress_json, read)


def document_names(run: SearchRun) -> tuple[str, ...]:
    """Those that :func:`documents` would read, without reading them."""
    return engine.document_names(run.method, run.params_json, run.progress_json)
