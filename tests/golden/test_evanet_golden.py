"""A recorded search with real training is repeated: whoever changes training or its order sees it here
first."""

import pytest

from tests.golden import evanet
from tests.golden.short_search import check_repeats


@pytest.mark.timeout(300)
def test_a_trained_search_repeats_its_record(tmp_path):
    check_repeats(evanet.trained(tmp_path), evanet.TRAINED, first=evanet.SHORT["population"])
