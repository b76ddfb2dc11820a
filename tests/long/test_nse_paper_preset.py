"""The published widths and depth: a round of two steps, a path scored with it, a short final training, on the
smallest images the preset admits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from searchengine.core.errors import InvalidParams
from searchengine.core.jobs import Birth
from searchengine.core.setting import DataSummary
from searchengine.data.prepare import prepare
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, key, to_json
from searchengine.methods.nse.limits import limits
from searchengine.methods.nse.params import NseParams
from searchengine.methods.nse.proposals import measuring, scoring, training
from searchengine.methods.nse.space import NseSpace
from searchengine.methods.nse.spec import METHOD
from searchengine.methods.nse.state import table_of
from searchengine.methods.nse.subset import first_space
from tests.engine.methods.bench import Bench

SHORT = {
    "round_steps": 2, "batch": 4, "learning_rate": 1e-3,
    "final_steps": 60, "final_batch": 4, "final_learning_rate": 1e-3,
}  # fmt: skip
"""At the published rate the steps rise over thousands; two of them would not. Sixty are what statistics of
normalisation take to forget where they began: after two, this depth gives no number."""
FOLLOWING = {"target": 0.0, "band_low": 0.0, "band_high": 0.0, "guard_width": 0.0, "latency_repetitions": 2}
"""Milliseconds of another device say nothing about this one: the band follows the cheapest path."""

pytestmark = pytest.mark.long


def bench_on(folder: Path, side: int) -> tuple[Bench, DataSummary]:
    images = np.random.default_rng(0).integers(0, 255, (24, 3, side, side), dtype=np.uint8)
    np.savez(folder / "noise.npz", x=images, y=np.arange(24) % 2)
    found = prepare(str(folder / "noise.npz"), folder / "data")
    return Bench(folder, folder / "data", found.summary.fingerprint, "nse"), found.summary


def params_of(preset: str, values: Mapping[str, object]) -> NseParams:
    params = METHOD.params.parse({**METHOD.presets[preset].values, **SHORT, **values})
    assert isinstance(params, NseParams)
    return params


def refused(params: NseParams, data: DataSummary, side: int) -> bool:
    try:
        NseSpace(params, replace(data, shape=(3, side, side)))
    except InvalidParams as error:
        return "no path costs from 300,000 to 350,000 thousand multiply-adds" in str(error)
    return False


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("preset", "values", "side", "channels", "cells"),
    [
        ("paper", {}, 17, (16, 24, 40, 80, 96, 192, 320), 22),
        ("paper_latency", FOLLOWING, 4, (16, 32, 64, 128, 256), 21),
    ],
)
def test_the_paper_preset_trains_two_steps_at_its_widths(
    tmp_path: Path,
    preset: str,
    values: dict[str, object],
    side: int,
    channels: tuple[int, ...],
    cells: int,
) -> None:
    bench, data = bench_on(tmp_path, side)
    params = params_of(preset, values)
    assert side == METHOD.accepts.smallest_side or refused(params, data, side - 1)
    space = NseSpace(params, data)
    skeleton = space.skeleton
    assert (skeleton.channels, len(skeleton.cells)) == (channels, cells)
    subset = first_space(
        skeleton.cells, len(skeleton.ops), params.subset_size, params.rounds, np.random.default_rng(1)
    )
    genome = SpaceGenome(skeleton, subset)
    birth = Birth(0, to_json(genome), key(genome), (), "first_subset", (), 1)
    known = space.limits
    if params.measures:
        found = bench.run(measuring(space, 0, birth), {0: birth.genome}, attempt="table")
        assert found.scores[0].failure is None
        known = limits(params, table_of(found.findings["costs"]), data.slug)
    proposal = training(space, known, subset, 0, (birth,))
    trained = bench.run(proposal, {0: birth.genome}, attempt="round")
    assert trained.scores[0].failure is None
    active = tuple(tuple(ops) for ops in trained.findings["active"])
    assert active == subset.active

    path = tuple(ops[:1] for ops in active)
    weights = trained.artifacts["weights"]
    born = to_json(PathGenome(skeleton, path))
    score = bench.run(
        scoring(space, weights, subset.active, 1, (), [(1, path)]),
        {1: born},
        inputs={"supernet": weights},
        attempt="scoring",
    )
    assert score.scores[1].failure is None
    assert score.scores[1].metrics["flops"] == space.macs.of(path)

    final = bench.run(space.final_evaluation(born), {1: born}, attempt="final")
    assert final.scores[1].failure is None
    assert final.scores[1].metrics["parameters"] > 10**5
