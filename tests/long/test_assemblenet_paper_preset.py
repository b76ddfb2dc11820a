"""The published widths and depth, trained for two steps on the smallest clips the preset admits."""

from dataclasses import replace

import numpy as np
import pytest

from searchengine.core.errors import InvalidParams
from searchengine.data.manifest import Preparation
from searchengine.data.prepare import prepare
from searchengine.methods.assemblenet.connections import from_blocks
from searchengine.methods.assemblenet.genome import parse
from searchengine.methods.assemblenet.space import AssembleNetSpace
from searchengine.methods.assemblenet.spec import METHOD
from tests.engine.methods.bench import Bench

SIDE, FRAMES = 10, 2  # half of the side in the search: the stems bring it to two pixels, level 2 to one

pytestmark = pytest.mark.long


@pytest.mark.timeout(1800)
def test_the_paper_preset_trains_two_steps_at_its_widths(tmp_path):
    rng = np.random.default_rng(0)
    clips = rng.integers(0, 255, (24, 3, FRAMES, SIDE, SIDE), dtype=np.uint8)
    np.savez(tmp_path / "noise.npz", x=clips, y=np.arange(24) % 2)
    found = prepare(str(tmp_path / "noise.npz"), tmp_path / "data", Preparation(flow="auto"))
    values = {**METHOD.presets["paper"].values, "train_steps": 2, "batch": 4}
    params = METHOD.params.parse(values)
    with pytest.raises(InvalidParams, match="does not fit clips of 2 frames of 4×4 pixels"):
        AssembleNetSpace(params, replace(found.summary, shape=(3, FRAMES, SIDE - 1, SIDE - 1)))
    space = AssembleNetSpace(params, found.summary)
    bench = Bench(tmp_path, tmp_path / "data", found.summary.fingerprint, "assemblenet")
    genome = space.random(np.random.default_rng(1))
    output = bench.run(space.evaluation(genome), {0: genome})
    assert output.scores[0].failure is None
    graph = parse(genome)
    assert (graph.depth, [graph.total(level) for level in (1, 2, 3, 4)]) == (50, [128, 256, 512, 512])
    assert output.scores[0].metrics["parameters"] > 25e6
    assert tuple(from_blocks(graph, output.findings["weights"])) == graph.weighted
