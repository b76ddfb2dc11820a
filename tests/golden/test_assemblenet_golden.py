"""A recorded search with real training is repeated: whoever changes training, the weights of connections or
how they guide, sees it here first."""

import json

import pytest

from tests.golden import assemblenet
from tests.golden.short_search import check_repeats


def test_the_record_is_of_a_search_in_which_a_child_came_of_learned_weights():
    births = json.loads(assemblenet.TRAINED.read_text(encoding="utf-8"))["births"]
    assert len(births) == 8
    assert [len(birth["parents"]) for birth in births] == [0] * 4 + [1] * 4
    assert len({birth["key"] for birth in births}) == 8


@pytest.mark.timeout(300)
def test_a_trained_search_repeats_its_record(tmp_path):
    check_repeats(assemblenet.trained(tmp_path), assemblenet.TRAINED, first=assemblenet.SHORT["population"])
