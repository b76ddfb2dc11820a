"""What hill climbing declares: form, validation, API, run page and export follow from this."""

from __future__ import annotations

from searchengine.core.method import Accepts, Method, Paper, Preset
from searchengine.core.params import Params

from .params import HillClimbingParams
from .search import HillClimbing
from .space import HillClimbingSpace


def _planned(params: Params) -> int:
    assert isinstance(params, HillClimbingParams)
    return params.evaluations


METHOD = Method(
    slug="hill_climbing",
    title="Hill climbing",
    summary="Changes the width or the depth of the best network so far, again and again.",
    paper=Paper("A method for solving optimisation problems by steps uphill", "folklore", "none", 1950),
    params=HillClimbingParams,
    presets={
        "demo": Preset("Demo", "a few seconds", {}, window=4),
        "overnight": Preset("Overnight", "an hour", {"evaluations": 2000}, window=8),
        "paper": Preset("Paper", "as long as you like", {"evaluations": 10_000, "widest": 64}, window=8),
    },
    accepts=Accepts(modalities=frozenset({"images"})),
    result="network",
    search=HillClimbing,
    space=HillClimbingSpace,
    evaluators="searchengine.methods.hill_climbing.evaluate",
    panels=("summits", "operators"),
    planned=_planned,
)
