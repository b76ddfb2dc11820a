"""What AssembleNet declares: form, validation, API schema, run page, export and contract tests follow from
this."""

from __future__ import annotations

from searchengine.core.jsontext import Json
from searchengine.core.method import Accepts, Method, Paper, Preset
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary
from searchengine.methods.assemblenet.connections import EDGE
from searchengine.methods.assemblenet.genome import to_json
from searchengine.methods.assemblenet.handmade import two_streams
from searchengine.methods.assemblenet.params import AssembleNetParams
from searchengine.methods.assemblenet.search import AssembleNetSearch
from searchengine.methods.assemblenet.space import make_space

OVERNIGHT = {
    "population": 16,
    "sample_size": 4,
    "rounds": 400,
    "mutations_decay": 50,
    "stem_total": 16,
    "level_totals": [16, 32, 32, 64],
    "train_steps": 200,
    "final_steps": 1000,
}
PAPER = {
    "population": 20,
    "sample_size": 5,
    "rounds": 200,
    "mutations_decay": 50,
    "scale": "published",
    "depth": 50,
    "stem_total": 128,
    "level_totals": [128, 256, 512, 512],
    "most_blocks": [4, 4, 4, 2],
    "dilations": [1, 2, 4, 8],
    "head": "frame_softmax",
    "norm_momentum": 0.01,
    "train_steps": 10_000,
    "batch": 64,
    "optimiser": "sgd",
    "learning_rate": 0.1,
    "connection_learning_rate": 1.0,
    "weight_decay": 1e-4,
    "search_resolution": 2,
    "finalists": 1,
    "final_steps": 90_000,
    "final_learning_rate": 0.008,
    "final_decay": "staircase",
    "final_warmup": 50,
    "final_shift": 16,
    "final_flip": True,
}


def _planned(params: Params) -> int:
    assert isinstance(params, AssembleNetParams)
    return params.evaluations()


def _two_streams(params: Params, data: DataSummary) -> Json:
    return to_json(two_streams(make_space(params, data).bounds))


METHOD = Method(
    slug="assemblenet",
    title="AssembleNet",
    summary=(
        "Evolves how streams of appearance and motion are connected in a video network; every connection"
        " learns how strong it should be, and evolution cuts the weak ones."
    ),
    paper=Paper(
        title="AssembleNet: Searching for Multi-Stream Neural Connectivity in Video Architectures",
        authors="Michael S. Ryoo, AJ Piergiovanni, Mingxing Tan, Anelia Angelova",
        venue="ICLR",
        year=2020,
        arxiv="1905.13209",
    ),
    params=AssembleNetParams,
    presets={
        "demo": Preset("Demo", "an estimated 7 to 10 minutes on two cores", {}, window=8),
        "overnight": Preset("Overnight", "a night on two cores", OVERNIGHT, window=16),
        "paper": Preset("Paper scale", "220 trainings of 10,000 steps: a cluster of GPUs", PAPER, window=16),
    },
    accepts=Accepts(modalities=frozenset({"clips"}), labels=frozenset({"single", "multi"}), smallest_side=8),
    result="network",
    search=AssembleNetSearch,
    space=make_space,
    evaluators="searchengine.methods.assemblenet.evaluate",
    panels=(
        "connection-weights",
        "rewiring",
        "leaderboard",
        "edge-frequency",
        "dilations",
        "mutations",
        "ancestry",
        "without",
    ),
    # The comparison that gives the method its name: as many connections dropped, but any. The founders are
    # the same; more rounds than it can pay for let it spend what the search has spent.
    control="assemblenet",
    control_values={"rewiring": "random", "rounds": 2000},
    demo_data="digits-motion16",
    planned=_planned,
    examples={"Two streams, late fusion": _two_streams},
    unplotted=(EDGE,),
)
