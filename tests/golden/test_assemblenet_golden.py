"""A recorded search with real training is repeated: whoever changes training, or what connections learn, sees
it here first."""

import json

import pytest

from tests.golden import assemblenet
from tests.golden.short_search import check_repeats


@pytest.mark.timeout(300)
def test_a_trained_search_repeats_its_record(tmp_path):
    found = assemblenet.trained(tmp_path)
    check_repeats(found, assemblenet.TRAINED, first=assemblenet.SHORT["population"])
    recorded = json.loads(assemblenet.TRAINED.read_text(encoding="utf-8"))["weights"]
    assert found["weights"].keys() == recorded.keys()
    for number, blocks in recorded.items():
        assert found["weights"][number].keys() == blocks.keys()
        for block, weights in blocks.items():
            assert found["weights"][number][block] == pytest.approx(weights, abs=0.05)
