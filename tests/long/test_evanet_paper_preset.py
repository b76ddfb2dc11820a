"""The published widths, trained for two steps on the smallest clips the preset admits."""

import numpy as np
import pytest

from searchengine.data.prepare import prepare
from searchengine.methods.evanet.space import EvaNetSpace
from searchengine.methods.evanet.spec import METHOD
from tests.engine.methods.bench import Bench

SIDE, FRAMES = 64, 4  # half of it in the search, which the template's five halvings bring to one pixel

pytestmark = pytest.mark.long


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("meta", ["resnet", "inception"])
def test_the_paper_preset_trains_two_steps_at_its_widths(tmp_path, meta):
    rng = np.random.default_rng(0)
    frames = FRAMES if meta == "resnet" else 8
    clips = rng.integers(0, 255, (24, 3, frames, SIDE, SIDE), dtype=np.uint8)
    np.savez(tmp_path / "noise.npz", x=clips, y=np.arange(24) % 2)
    found = prepare(str(tmp_path / "noise.npz"), tmp_path / "data")
    values = {
        **METHOD.presets["paper"].values,
        "meta": meta,
        "train_steps": 2,
        "batch": 4,
        "learning_rate": 1e-4,
    }
    space = EvaNetSpace(METHOD.params.parse(values), found.summary)
    bench = Bench(tmp_path, tmp_path / "data", found.summary.fingerprint)
    genome = space.random(np.random.default_rng(1))
    output = bench.run(space.evaluation(genome), {0: genome})
    assert output.scores[0].failure is None
    assert output.scores[0].metrics["parameters"] > 10**6
