"""Intervals of shares against published examples."""

from __future__ import annotations

import numpy as np
import pytest

from searchengine.report.intervals import of_two_shares, wilson


def test_a_share_has_wilsons_interval() -> None:
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998, one sample
    low, high = wilson(1.0, 400)
    assert high == pytest.approx(1.0)
    assert 0.98 < low < 1


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    found = of_two_shares(9 / 10, 3 / 10, 10)  # Newcombe 1998, two samples, method 10
    assert (found.low, found.high) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert found.over == "10 samples"


def test_it_covers_the_truth_at_least_as_often_as_stated_when_samples_are_shared() -> None:
    rng = np.random.default_rng(3)
    easy = rng.random((2000, 400))
    covered = 0
    for row in easy:  # both networks get an easy sample right and a hard one wrong
        first, second = (row < 0.95).mean(), (row + rng.normal(0, 0.02, 400) < 0.93).mean()
        found = of_two_shares(float(first), float(second), 400)
        covered += found.low <= 0.02 <= found.high
    assert covered / 2000 >= 0.95


def test_nonsense_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="share of 0 to 1"):
        wilson(1.2, 10)
    with pytest.raises(ValueError, match="at least one sample"):
        wilson(0.5, 0)
