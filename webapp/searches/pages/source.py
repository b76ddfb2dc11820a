"""The readable source of a network, as an export would hold it."""

from __future__ import annotations

from functools import lru_cache

from searchengine.core.jsontext import dumps, loads
from searchengine.export.source import source
from webapp.searches.models import Genome, SearchRun
from webapp.searches.pages.networks import architecture


def source_text(run: SearchRun, birth: Genome) -> str:
    """The source; what is said of its origin is the run's and birth's number. Raises ``EngineError`` when
    the network cannot be described any more."""
    return _written(run.pk, birth.number, dumps({"run": run.pk, "birth": birth.number, "key": birth.key}))


@lru_cache(maxsize=64)
def _written(run_id: int, number: int, origin: str) -> str:
    run = SearchRun.objects.get(pk=run_id)
    return source(architecture(run, Genome.objects.get(run=run, number=number)), loads(origin))
