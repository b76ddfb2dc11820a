"""Train, validation and test: stratified, the same for the same labels, groups and seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = range(3)
UNASSIGNED = -1


def split(
    labels: NDArray[Any],
    validation: float,
    test: float,
    rng: np.random.Generator,
    groups: Sequence[str] | None = None,
) -> NDArray[np.int8]:
    """The part (0 train, 1 validation, 2 test) of each of N samples; ``labels`` has shape (N,), or (N,
    classes) with ones and zeros where a sample may have several.

    Shares are kept a class. Two samples of a class go to train and validation; test gets its first with the
    third. Samples of one group never part; then, and with several labels a sample, shares are met as well as
    whole groups and samples allow.
    """
    if groups is not None or labels.ndim == 2:
        owner = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
        return _split_whole(_counted(labels, owner), validation, test, rng)[owner]
    parts = np.full(len(labels), TRAIN, dtype=np.int8)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        in_validation, in_test = _counts(len(members), validation, test)
        parts[members[:in_validation]] = VALIDATION
        parts[members[in_validation : in_validation + in_test]] = TEST
    return parts


def _counts(count: int, validation: float, test: float) -> tuple[int, int]:
    in_test = 0 if test <= 0 or count < 3 else max(1, round(count * test))
    in_validation = 0 if validation <= 0 or count < 2 else max(1, round(count * validation))
    while in_test + in_validation >= count and in_test + in_validation > 0:
        if in_test >= in_validation:
            in_test -= 1
        else:
            in_validation -= 1
    return in_validation, in_test


def _counted(labels: NDArray[Any], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each class comes in each group (groups, classes). Samples without any label are a class of
    their own, so that they are spread as well."""
    size = int(owner.max()) + 1
    if labels.ndim == 1:
        counts = np.zeros((size, int(labels.max()) + 1))
        np.add.at(counts, (owner, labels), 1)
        return counts
    counts = np.zeros((size, labels.shape[1] + 1))
    np.add.at(counts, owner, np.column_stack([labels, ~labels.any(axis=1)]))
    return counts


def _split_whole(
    counts: NDArray[np.float64], validation: float, test: float, rng: np.random.Generator
) -> NDArray[np.int8]:
    """The part of each group with these class counts (groups, classes): largest groups first, each into the
    part that then misses the wanted class counts least."""
    shares = np.array([1.0 - validation - test, validation, test])
    wanted = shares[:, None] * counts.sum(axis=0)
    have = np.zeros_like(wanted)
    shuffled = rng.permutation(len(counts))
    part_of_group = np.zeros(len(counts), dtype=np.int8)
    for group in shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]:
        missing = (wanted - have) / np.maximum(wanted, 1e-9)
        gain = np.where(shares > 0, (missing * counts[group]).sum(axis=1), -np.inf)
        part_of_group[group] = int(np.argmax(gain))
        have[part_of_group[group]] += counts[group]
    return part_of_group
