"""What the probe declares."""

from searchengine.core.controls import planned
from searchengine.core.method import Accepts, Method, Paper, Preset
from searchengine.methods.probe.space import ProbeParams, ProbeSpace
from searchengine.methods.random_search.search import RandomSearch

METHOD = Method(
    slug="probe",
    title="Probe",
    summary="Draws numbers and scores them.",
    paper=Paper("A probe", "Nobody", "Nowhere", 2026),
    params=ProbeParams,
    presets={"demo": Preset("Demo", "seconds", {"evaluations": 20, "finalists": 0})},
    accepts=Accepts(modalities=frozenset({"images", "clips"})),
    result="network",
    search=RandomSearch,
    space=ProbeSpace,
    evaluators="searchengine.methods.probe.evaluate",
    planned=planned,
)
