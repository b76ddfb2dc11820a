"""Rank correlation."""

import pytest

from searchengine.core.ranks import ranks, spearman


def test_equal_values_share_the_mean_of_their_ranks():
    assert ranks([3.0, 1.0, 3.0, 2.0]) == (3.5, 1.0, 3.5, 2.0)
    assert ranks([]) == ()


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ([1, 2, 3], [10, 20, 90], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        # Differences of ranks 1, 1, 2, 1, 1: 1 - 6 · 8 / (5 · 24) = 0.6.
        ([1, 2, 3, 4, 5], [2, 1, 5, 3, 4], 0.6),
        # Ranks 1.5, 1.5, 3, 4 against 1, 2, 3, 4: covariance 4.5, spreads 4.5 and 5.
        ([1, 1, 2, 3], [1, 2, 3, 4], 4.5 / (4.5 * 5) ** 0.5),
        ([1, 1, 1], [1, 2, 3], None),
        ([1], [1], None),
    ],
)
def test_spearman(one, other, found):
    assert spearman(one, other) == (None if found is None else pytest.approx(found))


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(ValueError, match="equally many"):
        spearman([1], [1, 2])
    with pytest.raises(ValueError, match="finite"):
        spearman([1, float("nan")], [1, 2])
