"""Parts are stratified, repeatable, and keep groups together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.data.split import TEST, TRAIN, VALIDATION, split


def test_shares_are_kept_in_every_class() -> None:
    labels = np.repeat(np.arange(4), 50)
    parts = split(labels, 0.2, 0.1, np.random.default_rng(0))
    for label in range(4):
        assert np.bincount(parts[labels == label]).tolist() == [35, 10, 5]


def test_equal_seeds_split_equally_and_others_do_not() -> None:
    labels = np.repeat(np.arange(3), 40)
    first, again, other = (split(labels, 0.2, 0.2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@given(sizes=st.lists(st.integers(2, 30), min_size=2, max_size=5), seed=st.integers(0, 100))
def test_every_class_is_trained_on_and_validated(sizes: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    parts = split(labels, 0.2, 0.2, np.random.default_rng(seed))
    for label, size in enumerate(sizes):
        counts = np.bincount(parts[labels == label], minlength=3)
        assert counts[TRAIN] >= 1
        assert counts[VALIDATION] >= 1
        assert counts[TEST] >= (size > 2)


@pytest.mark.parametrize("seed", range(5))
def test_a_group_never_stands_in_two_parts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.arange(200) % 4
    groups = [f"person {number}" for number in rng.integers(0, 30, 200)]
    parts = split(labels, 0.2, 0.2, rng, groups)
    for group in set(groups):
        assert len({parts[index] for index in range(200) if groups[index] == group}) == 1
    assert 20 <= (parts == VALIDATION).sum() <= 60
    assert 20 <= (parts == TEST).sum() <= 60
