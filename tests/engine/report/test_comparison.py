from __future__ import annotations

import numpy as np
import pytest

from searchengine.report.comparison import compare, paired_bootstrap
from searchengine.report.history import history
from searchengine.report.student import interval_of_mean, quantile_95

from .runs import run_of


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_one_seed_cannot_tell_and_says_so() -> None:
    found = compare([(run_of([0.5, 0.9]), run_of([0.4, 0.5]))], rng())
    assert found.verdict == "one seed cannot tell"
    assert found.difference == pytest.approx(0.4)
    assert "One seed cannot tell skill from luck" in found.sentence


def test_a_clear_lead_over_several_seeds_is_called_better() -> None:
    pairs = [(run_of([0.5, 0.9 + s / 100]), run_of([0.4, 0.5])) for s in range(5)]
    found = compare(pairs, rng())
    assert found.verdict == "better"
    assert found.wins == 5
    assert found.interval is not None
    assert found.interval.low > 0
    assert "better than its control" in found.sentence
    assert "The last results differ by" in found.sentence
    assert "over 5 pairs of seeds" in found.sentence


def test_a_lead_that_changes_sides_is_not_separable() -> None:
    pairs = [(run_of([0.5 + sign * 0.1]), run_of([0.5])) for sign in (1, -1, 1, -1)]
    assert compare(pairs, rng()).verdict == "not separable"


def test_the_side_that_spent_more_is_cut_at_the_other_sides_cost() -> None:
    found = compare([(run_of([0.1, 0.2, 0.99], costs=[1, 1, 1]), run_of([0.3], costs=[2.0]))], rng())
    assert found.best == 0.2
    assert found.evaluations == (2, 1)


def test_nothing_to_compare_is_said() -> None:
    assert compare([], rng()).verdict == "nothing to compare"
    assert compare([(run_of([None]), history())], rng()).verdict == "nothing to compare"


def test_different_data_and_seeds_are_named() -> None:
    other = run_of([0.5], seed=1)._replace(plan={"seed": 1, "data": {"fingerprint": "g"}})
    assert compare([(run_of([0.6]), other)], rng()).caveats == (
        "the two ran with different data sets",
        "the two ran with different seeds",
    )


def test_a_paired_bootstrap_sees_what_columns_share() -> None:
    column = rng().integers(0, 2, 400).astype(float)
    better = column.copy()
    better[:40] = 1.0
    interval = paired_bootstrap(better, column, rng())
    assert 0 < interval.low < interval.high < 0.1
    with pytest.raises(ValueError, match="equally long"):
        paired_bootstrap(better, column[:3], rng())


def test_intervals_cover_the_truth_about_as_often_as_stated() -> None:
    draws = rng().normal(1.0, 2.0, (2000, 5))
    intervals = [interval_of_mean(list(row)) for row in draws]
    covered = sum(low <= 1.0 <= high for low, high in intervals)  # type: ignore[misc]
    assert 0.935 <= covered / 2000 <= 0.965


def test_the_quantile_joins_its_table() -> None:
    assert quantile_95(31) == pytest.approx(2.0395, abs=0.0003)
    assert interval_of_mean([1.0]) is None
