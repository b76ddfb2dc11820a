"""Documents of a run: values of its parameters that are whole JSON objects, given at launch or found by the
run itself, such as a latency table."""

from __future__ import annotations

from collections.abc import Callable

from searchengine import catalogue
from searchengine.core.errors import UnknownName
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.driver.control import searched
from searchengine.jobs.store import Store


def documents_of(method: str, params: Json, progress: Json, read: Callable[[str], bytes]) -> dict[str, Json]:
    """The documents that a run of ``method`` has, by the name of their parameter; a control's are those of
    the space it searches. ``read`` gives an artifact's bytes; raises what that raises."""
    found = _places(method, params, progress)
    return {name: loads(read(one)) if isinstance(one, str) else one for name, one in found.items()}


def document_names(method: str, params: Json, progress: Json) -> tuple[str, ...]:
    """The names of those, none of them read."""
    return tuple(_places(method, params, progress))


def _places(method: str, params: Json, progress: Json) -> dict[str, Json | str]:
    """Every document as it was given, or the artifact (sha256) that holds what was found."""
    try:
        slug, own = searched(method, params)
        names = catalogue.method(slug).documents
    except UnknownName:
        return {}  # a method that is gone, a built-in space
    found: Json = progress.get("documents") or {}
    # What a draft was given may be text that nobody has parsed yet.
    given = {name: own[name] for name in names if isinstance(own.get(name), dict)}
    return {name: place for name in names if (place := found.get(name) or given.get(name))}


def files_of(documents: dict[str, Json]) -> dict[str, str]:
    """Their text by file name: ``latency_table.json``."""
    return {f"{name}.json": dumps(value) + "\n" for name, value in documents.items()}


def reader(store: Store) -> Callable[[str], bytes]:
    """Reads artifacts out of ``store``, their bytes checked. It raises ``MissingArtifact`` and
    ``DamagedArtifact``."""

    def read(sha256: str) -> bytes:
        return store.path(sha256, check=True).read_bytes()

    return read


def latency_of(progress: Json, birth: int) -> float | None:
    """Milliseconds of a member of a front by its run's latency table; None where there is none."""
    cost: Json = progress.get("front_cost") or {}
    found = (cost.get("members") or {}).get(str(birth)) if cost.get("name") == "latency" else None
    return None if found is None else float(found)
