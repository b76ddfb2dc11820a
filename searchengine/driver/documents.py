"""Documents of a run: values of its parameters that are whole JSON objects, given at launch or found by the
run itself, such as a latency table."""

from __future__ import annotations

from collections.abc import Callable

from searchengine import catalogue
from searchengine.core.controls import ControlParams
from searchengine.core.errors import UnknownName
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.driver.plan import Plan
from searchengine.jobs.store import Store


def documents_of(plan: Plan, progress: Json, read: Callable[[str], bytes]) -> dict[str, Json]:
    """The documents that the run of ``plan`` has, by the name of their parameter. ``read`` gives an
    artifact's bytes; a control's are those of the space it searches. Raises what ``read`` raises."""
    params, method = plan.params, catalogue.method(plan.method)
    if issubclass(method.params, ControlParams):
        try:
            method = catalogue.method(params["space"])
        except UnknownName:
            return {}  # a built-in space, which has none
        params = params["space_params"]
    found: Json = progress.get("documents") or {}
    have: dict[str, Json] = {}
    for name in method.documents:
        value = loads(read(found[name])) if found.get(name) else params.get(name)
        if value:
            have[name] = value
    return have


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
