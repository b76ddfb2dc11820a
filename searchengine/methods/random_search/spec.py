"""What random search declares."""

from __future__ import annotations

from searchengine.core.controls import ControlParams, planned
from searchengine.core.method import Accepts, Method, Paper, Preset
from searchengine.methods.random_search.search import RandomSearch

METHOD = Method(
    slug="random_search",
    title="Random search",
    summary="Draws networks of a space at random and keeps the best: what a search must beat at equal cost.",
    paper=Paper(
        title="Random Search for Hyper-Parameter Optimization",
        authors="James Bergstra, Yoshua Bengio",
        venue="Journal of Machine Learning Research 13",
        year=2012,
    ),
    params=ControlParams,
    presets={
        "demo": Preset("Demo", "about a minute on two cores", {"evaluations": 30}),
        "overnight": Preset("Overnight", "a night on two cores", {"evaluations": 2000}, window=16),
        "paper": Preset("Paper", "as large as the budget allows", {"evaluations": 10_000}, window=64),
    },
    accepts=Accepts(modalities=frozenset({"images", "clips"}), labels=frozenset({"single", "multi"})),
    result="network",
    search=RandomSearch,
    space=None,
    evaluators=None,
    control=None,
    is_control=True,
    planned=planned,
)
