"""Final trainings of a run held against those of its control."""

from __future__ import annotations

import numpy as np
import pytest

from searchengine.report.comparison import compare
from searchengine.report.history import RunHistory, ScoreRow
from searchengine.report.retrained import retrained

from .runs import run_of


def with_finals(
    run: RunHistory, finals: dict[int, list[float]], metric: str = "accuracy", samples: int = 400
) -> RunHistory:
    rows = [
        ScoreRow(birth, len(run.scores), len(run.scores), value, {metric: value}, phase="final")
        for birth, values in finals.items()
        for value in values
    ]
    data = {"fingerprint": "f", "sizes": {"validation": samples}}
    return run._replace(scores=(*run.scores, *rows), plan={**run.plan, "data": data})


def test_the_best_of_each_side_counts_by_the_mean_of_its_trainings() -> None:
    run = with_finals(run_of([0.5, 0.9, 0.8]), {1: [0.95, 0.75], 2: [0.90, 0.92]})
    control = with_finals(run_of([0.5, 0.6]), {0: [0.8], 1: [0.7]})
    found = retrained([(run, control)])
    assert found is not None
    assert (found.metric, found.pairs, found.wins) == ("accuracy", 1, 1)
    assert found.best == pytest.approx(0.91)
    assert found.control_best == 0.8
    assert found.interval is not None
    assert 0.05 < found.interval.low < 0.11 < found.interval.high < 0.17
    assert "400 samples" in found.sentence


def test_a_hand_made_network_of_the_final_phase_is_not_a_find() -> None:
    run = with_finals(run_of([0.5, 0.9]), {1: [0.6], 7: [0.99]})
    control = with_finals(run_of([0.5, 0.6]), {1: [0.7]})
    found = retrained([(run, control)])
    assert found is not None
    assert found.best == 0.6


def test_nothing_is_said_before_both_sides_were_trained_again() -> None:
    assert retrained([(with_finals(run_of([0.5]), {0: [0.6]}), run_of([0.4]))]) is None


def test_without_accuracy_fitness_is_compared_and_one_pair_has_no_interval() -> None:
    run, control = (
        with_finals(run_of([0.5]), {0: [value]}, metric="mean_average_precision") for value in (0.6, 0.5)
    )
    found = retrained([(run, control)])
    assert found is not None
    assert (found.metric, found.interval) == ("mean_average_precision", None)
    assert "mean average precision 0.6 and 0.5" in found.sentence
    run, control = (with_finals(run_of([0.5]), {0: [value]}, metric="other") for value in (0.6, 0.5))
    found = retrained([(run, control)])
    assert found is not None
    assert (found.metric, found.interval) == ("fitness", None)


def test_over_several_seeds_final_trainings_decide_the_verdict() -> None:
    # The control is ahead by its noisy best of the search, and behind once both were trained again.
    pairs = [
        (
            with_finals(run_of([0.5, 0.80]), {1: [0.90 + seed / 1000]}),
            with_finals(run_of([0.5, 0.85]), {1: [0.80]}),
        )
        for seed in range(5)
    ]
    found = compare(pairs, np.random.default_rng(7))
    assert found.interval is not None
    assert found.interval.high < 0
    assert found.verdict == "better"
    assert "ahead in 5 of 5" in found.sentence
    assert "better than its control" in found.sentence


def test_one_pair_says_how_the_retrained_networks_stand_and_that_one_seed_is_one() -> None:
    run = with_finals(run_of([0.5, 0.9]), {1: [0.97]})
    control = with_finals(run_of([0.5, 0.6]), {1: [0.80]})
    found = compare([(run, control)], np.random.default_rng(7))
    assert found.verdict == "one seed cannot tell"
    assert "0.97 and 0.8 on validation (+0.17, 95 % interval" in found.sentence
    assert "One seed cannot tell skill from luck" in found.sentence
