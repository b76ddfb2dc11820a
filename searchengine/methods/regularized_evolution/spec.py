"""What regularized evolution declares."""

from __future__ import annotations

from searchengine.core.controls import planned
from searchengine.core.method import Accepts, Method, Paper, Preset
from searchengine.methods.regularized_evolution.params import RegularizedEvolutionParams
from searchengine.methods.regularized_evolution.search import RegularizedEvolution

METHOD = Method(
    slug="regularized_evolution",
    title="Regularized evolution",
    summary="Tournament evolution in which the oldest dies, on any space: a mutation a child, no crossover.",
    paper=Paper(
        title="Regularized Evolution for Image Classifier Architecture Search",
        authors="Esteban Real, Alok Aggarwal, Yanping Huang, Quoc V. Le",
        venue="AAAI",
        year=2019,
        arxiv="1802.01548",
    ),
    params=RegularizedEvolutionParams,
    presets={
        "demo": Preset(
            "Demo", "about a minute on two cores", {"evaluations": 30, "population": 10, "sample_size": 3}
        ),
        "overnight": Preset(
            "Overnight",
            "a night on two cores",
            {"evaluations": 2000, "population": 50, "sample_size": 12},
            window=16,
        ),
        "paper": Preset(
            "Paper",
            "20,000 trainings",
            {"evaluations": 20_000, "population": 100, "sample_size": 25},
            window=64,
        ),
    },
    accepts=Accepts(modalities=frozenset({"images", "clips"}), labels=frozenset({"single", "multi"})),
    result="network",
    search=RegularizedEvolution,
    space=None,
    evaluators=None,
    control="random_search",
    is_control=True,
    planned=planned,
)
