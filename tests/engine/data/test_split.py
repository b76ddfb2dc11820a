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


@given(seed=st.integers(0, 200), classes=st.integers(2, 12))
def test_shares_of_every_label_are_kept_where_samples_have_several(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    labels = (rng.random((300, classes)) < rng.uniform(0.1, 0.5, classes)).astype(np.uint8)
    parts = split(labels, 0.2, 0.2, np.random.default_rng(seed))
    totals = labels.sum(axis=0)
    for part, share in ((TRAIN, 0.6), (VALIDATION, 0.2), (TEST, 0.2)):
        counts = labels[parts == part].sum(axis=0)
        assert (np.abs(counts - share * totals) <= 3 + 0.03 * totals).all()
        assert abs((parts == part).sum() - share * 300) <= 15
    assert (parts == split(labels, 0.2, 0.2, np.random.default_rng(seed))).all()


def test_samples_without_a_label_are_spread_as_well() -> None:
    labels = np.zeros((100, 2), dtype=np.uint8)
    labels[:20, 0], labels[10:30, 1] = 1, 1
    parts = split(labels, 0.2, 0.1, np.random.default_rng(0))
    assert np.bincount(parts[30:]).tolist() == [49, 14, 7]


@pytest.mark.parametrize("seed", range(3))
def test_groups_with_several_labels_never_stand_in_two_parts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = (rng.random((200, 5)) < 0.3).astype(np.uint8)
    groups = [f"person {number}" for number in rng.integers(0, 40, 200)]
    parts = split(labels, 0.2, 0.2, rng, groups)
    for group in set(groups):
        assert len({parts[index] for index in range(200) if groups[index] == group}) == 1
    assert 25 <= (parts == VALIDATION).sum() <= 55
