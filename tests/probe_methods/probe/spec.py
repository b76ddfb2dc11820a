"""What the probe declares."""

import numpy as np
from searchengine.methods.probe.space import ProbeParams, ProbeSpace

from searchengine.core.controls import ControlParams
from searchengine.core.jsontext import Json
from searchengine.core.method import Accepts, Method, Paper, Preset, Search, Space
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary
from searchengine.methods.random_search.search import RandomSearch


def search(
    params: Params, space: Space | None, data: DataSummary, rng: np.random.Generator, state: Json | None
) -> Search:
    """Random draws."""
    assert isinstance(params, ProbeParams)
    drawn = ControlParams.parse({"evaluations": params.evaluations, "finalists": params.finalists})
    return RandomSearch(drawn, space, data, rng, state)


def planned(params: Params) -> int:
    """How many evaluations are asked for."""
    assert isinstance(params, ProbeParams)
    return params.evaluations


METHOD = Method(
    slug="probe",
    title="Probe",
    summary="Draws numbers and scores them.",
    paper=Paper("A probe", "Nobody", "Nowhere", 2026),
    params=ProbeParams,
    presets={"demo": Preset("Demo", "seconds", {"evaluations": 20, "finalists": 0})},
    accepts=Accepts(modalities=frozenset({"images", "clips"})),
    result="network",
    search=search,
    space=ProbeSpace,
    evaluators="searchengine.methods.probe.evaluate",
    planned=planned,
    unplotted=("w ",),
)
