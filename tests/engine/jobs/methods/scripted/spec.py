"""A throw-away method that proposes nothing: only its evaluator is used."""

from __future__ import annotations

from typing import Any

from searchengine.core.method import Accepts, Asked, Method, Outcome, Paper, Preset, Told
from searchengine.core.params import Params


class NoSearch:
    finished = True

    def __init__(self, params: Any, space: Any, data: Any, rng: Any, state: Any) -> None: ...

    def ask(self, count: int, first_birth: int, archive: Any) -> Asked:
        return Asked()

    def tell(self, report: Any, archive: Any) -> Told:
        return Told()

    def close(self) -> None: ...

    def progress(self) -> dict[str, Any]:
        return {}

    def state(self) -> dict[str, Any]:
        return {}

    def outcome(self, archive: Any) -> Outcome:
        return Outcome("network", ())


METHOD = Method(
    slug="scripted",
    title="Scripted",
    summary="Evaluates as told.",
    paper=Paper("None", "Nobody", "Nowhere", 2000),
    params=Params,
    presets={"demo": Preset("Demo", "nothing", {})},
    accepts=Accepts(modalities=frozenset({"images", "clips"})),
    result="network",
    search=NoSearch,
    space=None,
    evaluators="searchengine.methods.scripted.evaluate",
    control=None,
)
