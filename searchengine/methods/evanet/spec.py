"""What EvaNet declares: form, validation, API schema, run page, export and contract tests follow from
this."""

from __future__ import annotations

from collections.abc import Callable

from searchengine.core.jsontext import Json
from searchengine.core.method import Accepts, Method, Paper, Preset
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary
from searchengine.methods.evanet.genome import to_json
from searchengine.methods.evanet.handmade import BASELINES, HAND_MADE, hand_made
from searchengine.methods.evanet.params import EvaNetParams
from searchengine.methods.evanet.search import EvaNetSearch
from searchengine.methods.evanet.space import make_space

OVERNIGHT = {
    "population": 30,
    "sample_size": 8,
    "rounds": 600,
    "mutations_start": 4,
    "mutations_decay": 50,
    "width": 8,
    "max_branches": 5,
    "max_repeats": 3,
    "train_steps": 160,
    "final_steps": 800,
    "final_seeds": 3,
}
PAPER = {
    "population": 50,
    "sample_size": 12,
    "rounds": 2000,
    "mutations_start": 5,
    "mutations_decay": 100,
    "initialisation": "random",
    "blocks": 4,
    "width": 64,
    "temporal_sizes": [1, 3, 5, 7, 9, 11],
    "max_branches": 6,
    "max_repeats": 6,
    "dropout": 0.5,
    "train_steps": 10_000,
    "learning_rate": 0.1,
    "search_resolution": 2,
    "final_steps": 47_000,
    "final_batch": 512,
    "final_learning_rate": 0.2,
    "final_shift": 16,
    "final_flip": True,
}


def _planned(params: Params) -> int:
    assert isinstance(params, EvaNetParams)
    return params.evaluations()


def _example(name: str) -> Callable[[Params, DataSummary], Json]:
    def example(params: Params, data: DataSummary) -> Json:
        return to_json(hand_made(name, make_space(params, data).bounds))

    return example


METHOD = Method(
    slug="evanet",
    title="EvaNet",
    summary=(
        "Evolves which space-time layers stand side by side in a video network,"
        " and how long each one looks in time; the best three are combined."
    ),
    paper=Paper(
        title="Evolving Space-Time Neural Architectures for Videos",
        authors="AJ Piergiovanni, Anelia Angelova, Alexander Toshev, Michael S. Ryoo",
        venue="ICCV",
        year=2019,
        arxiv="1811.10636",
    ),
    params=EvaNetParams,
    presets={
        "demo": Preset("Demo", "about 4 minutes on two cores", {}, window=8),
        "overnight": Preset("Overnight", "a night on two cores", OVERNIGHT, window=16),
        "paper": Preset(
            "Paper scale", "2,050 trainings of 10,000 steps: a cluster of GPUs", PAPER, window=64
        ),
    },
    accepts=Accepts(modalities=frozenset({"clips"}), smallest_side=8),
    result="ensemble",
    search=EvaNetSearch,
    space=make_space,
    evaluators="searchengine.methods.evanet.evaluate",
    panels=(
        "layer-kinds",
        "temporal-sizes",
        "mutations",
        "ancestry",
        "operators",
        "final-accuracy",
        "itgm-profiles",
        "itgm-mixture",
        "ensemble",
    ),
    control="random_search",
    planned=_planned,
    examples={HAND_MADE[name].title: _example(name) for name in BASELINES},
)
