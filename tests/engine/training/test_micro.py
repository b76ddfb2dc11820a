"""A batch in parts, where memory does not hold it whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.training.micro import parts


@given(st.integers(1, 500), st.integers(1, 500))
def test_parts_are_a_batch_once_and_none_is_a_single_sample(batch: int, most: int) -> None:
    found = parts(batch, most)
    places = np.arange(batch)
    assert [place for part in found for place in places[part.samples]] == list(places)
    assert sum(part.share for part in found) == pytest.approx(1.0)
    sizes = [len(places[part.samples]) for part in found]
    assert sizes == pytest.approx([part.share * batch for part in found])
    assert batch == 1 or min(sizes) >= 2
    assert max(sizes) <= max(most, 3)


def test_a_batch_that_fits_is_taken_whole_with_a_share_of_exactly_one() -> None:
    assert parts(64, 64) == ((slice(0, 64), 1.0),)
    assert parts(10, 64) == ((slice(0, 10), 1.0),)
