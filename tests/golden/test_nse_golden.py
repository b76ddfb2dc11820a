"""A recorded search with real training is repeated: whoever changes the supernet's training, or what gates
learn, sees it here first."""

import json

import pytest

from tests.golden import nse
from tests.golden.short_search import check_repeats


@pytest.mark.timeout(300)
def test_a_trained_search_repeats_its_record(tmp_path):
    found = nse.trained(tmp_path)
    # The first space is drawn before anything is trained.
    check_repeats(found, nse.TRAINED, first=1)
    recorded = json.loads(nse.TRAINED.read_text(encoding="utf-8"))
    for cell, before in zip(found["gates"][0], recorded["gates"][0], strict=True):
        assert [op for op, _ in cell] == [op for op, _ in before]
        assert [value for _, value in cell] == pytest.approx([value for _, value in before], abs=0.05)
