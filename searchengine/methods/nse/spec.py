"""What NSE declares: form, validation, API schema, run page, export and contract tests follow from this."""

from __future__ import annotations

from searchengine.core.method import Accepts, Method, Paper, Preset
from searchengine.core.params import Params
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.search import NseSearch
from searchengine.methods.nse.space import make_space

OVERNIGHT = {
    "rounds": 4,
    "candidates": 400,
    "guards": 40,
    "paths_a_job": 20,
    "round_steps": 8000,
    "finalists": 8,
    "final_steps": 2000,
}
PAPER = {
    "rounds": 6,
    "subset_size": 5,
    "candidates": 2000,
    "guards": 100,
    "paths_a_job": 20,
    "stall_cap": False,
    "cells": "NRNNNRNNNRNNNENNNRNNNE",
    "channels": [16, 24, 40, 80, 96, 192, 320],
    "stem_stride": 2,
    "tail": 1024,
    "tail_norm": False,
    "pool": "pool27",
    "target": 300_000.0,
    "penalty_weight": 0.9,
    "band_low": 300_000.0,
    "band_high": 350_000.0,
    "guard_width": 10_000.0,
    "round_steps": 120_200,
    "batch": 1024,
    "learning_rate": 0.4,
    "warmup": 2404,
    "gradient_clip": 0.0,
    "gate_every": 2,
    "gate_learning_rate": 0.005,
    "calibration_batches": 50,
    "calibration": "momentum",
    "finalists": 1,
    "final_steps": 300_500,
    "final_batch": 1024,
    "final_learning_rate": 0.4,
    "shift": 16,
    "flip": True,
    "final_shift": 16,
    "final_flip": True,
    "final_warmup": 6010,
    "final_label_smoothing": 0.1,
    "final_scale": 1.04,
    "final_dropout": 0.2,
}
PAPER_LATENCY = {
    **PAPER,
    "rounds": 3,
    "subset_size": 6,
    "cells": "NRNNNRNNNRNNNNNNNRNNN",
    "channels": [16, 32, 64, 128, 256],
    "pool": "pool19",
    "resource": "latency",
    # Published in steps of a table of which 66 are about 7 ms: target 66, band 66 to 78, guards 2 below it,
    # penalty 2e-4 a step squared.
    "target": 7.0,
    "penalty_weight": 0.87,
    "band_low": 7.0,
    "band_high": 8.27,
    "guard_width": 0.21,
    "final_scale": 1.0,
}


def _planned(params: Params) -> int:
    assert isinstance(params, NseParams)
    return params.evaluations()


METHOD = Method(
    slug="nse",
    title="NSE",
    summary=(
        "Evolves the search space itself: a small subset of a large pool of operations a cell, trained as one"
        " supernet, kept where the front of cost and accuracy uses it, and refilled with what was not tried."
    ),
    paper=Paper(
        title="Evolving Search Space for Neural Architecture Search",
        authors="Yuanzheng Ci, Chen Lin, Ming Sun, Boyu Chen, Hongwen Zhang, Wanli Ouyang",
        venue="ICCV",
        year=2021,
        arxiv="2011.10904",
    ),
    params=NseParams,
    presets={
        "demo": Preset("Demo", "about 2 minutes on two cores", {}, window=8),
        "overnight": Preset("Overnight", "a night on two cores", OVERNIGHT, window=16),
        "paper": Preset("Paper scale", "6 rounds of 120,200 steps at 1,024 images: GPUs", PAPER, window=16),
        "paper_latency": Preset(
            "Paper scale by latency",
            "3 rounds of 120,200 steps at 1,024 images, a table of this device first: GPUs",
            PAPER_LATENCY,
            window=16,
        ),
    },
    accepts=Accepts(modalities=frozenset({"images"}), smallest_side=4),
    result="front",
    search=NseSearch,
    space=make_space,
    evaluators="searchengine.methods.nse.evaluate",
    panels=("space", "scores", "fronts", "covered", "size", "usage", "survivors", "members"),
    demo_data="digits",
    planned=_planned,
    documents=("latency_table",),
)
