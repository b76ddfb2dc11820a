from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.report.curves import best_so_far, birth_phrase, birth_points, population_band, run_curves
from searchengine.report.history import BirthRow, history
from searchengine.report.series import MOST_POINTS, Curve, thin_curve, thinned

from .runs import run_of, small_run

fitnesses = st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=60)


def test_best_so_far_rises_where_a_record_falls_and_ends_at_the_latest_result() -> None:
    curve = best_so_far(run_of([0.5, 0.25, None, 0.75, 0.7]))
    assert curve.x == (1, 4, 5)
    assert curve.y == (0.5, 0.75, 0.75)


def test_a_run_of_failures_has_no_curve() -> None:
    assert best_so_far(run_of([None, None])).x == ()


def test_the_cost_axis_sums_costs_and_a_result_told_again_costs_nothing() -> None:
    run = run_of([0.1, 0.2, 0.3], costs=[2.0, 5.0, 1.0])
    scores = list(run.scores)
    scores[1] = scores[1]._replace(reuse_of=0)
    assert best_so_far(run._replace(scores=tuple(scores)), "cost").x == (2.0, 2.0, 3.0)


def test_the_final_phase_is_not_on_the_curve() -> None:
    assert best_so_far(small_run()).y[-1] == 0.75


@given(fitnesses)
def test_best_so_far_is_the_running_maximum(values: list[float | None]) -> None:
    curve = best_so_far(run_of(values))
    known = [value for value in values if value is not None]
    assert list(curve.y) == sorted(curve.y)
    assert (curve.y[-1] if curve.y else None) == (max(known) if known else None)


def test_the_band_follows_entries_and_deaths() -> None:
    band = population_band(small_run())
    assert band.x == (1, 2, 3, 4, 5)
    assert band.low == (0.5, 0.25, 0.5, 0.5, 0.625)
    assert band.high == (0.5, 0.5, 0.75, 0.75, 0.75)
    assert band.mean[2] == pytest.approx(0.625)


@given(fitnesses)
def test_the_mean_never_leaves_the_band(values: list[float | None]) -> None:
    band = population_band(run_of(values))
    assert all(low <= mean <= high for low, mean, high in zip(band.low, band.mean, band.high, strict=True))


def test_every_birth_is_a_point_with_its_story() -> None:
    points = birth_points(small_run())
    assert points.number == (0, 1, 2, 3, 4)
    assert points.fitness == (0.5, 0.25, 0.75, None, 0.625)
    assert points.failed == ("", "", "", "nan", "")
    assert points.operator == ("random", "random", "kernel", "several", "stem")
    assert points.text[2] == "#2 = #0 with kernel 3 → 7"


def test_an_empty_run_has_empty_columns() -> None:
    assert birth_points(history()).number == ()
    assert run_curves(history(), history()).best.x == ()


def test_the_control_stands_on_the_same_axis() -> None:
    curves = run_curves(run_of([0.5]), run_of([0.25, 0.5]), "cost")
    assert curves.control is not None
    assert curves.control.x == (1.0, 2.0)


@given(st.lists(st.none() | st.floats(-1, 1), max_size=400), st.integers(3, 60))
def test_thinning_keeps_extremes_and_the_newest_point(values: list[float | None], most: int) -> None:
    kept = thinned(values, most)
    assert kept == sorted(set(kept))
    assert len(kept) <= max(most + 1, 0)
    if values:
        assert kept[-1] == len(values) - 1
    known = [value for value in values if value is not None]
    if known:
        left = [values[index] for index in kept if values[index] is not None]
        assert min(left) == min(known)  # type: ignore[type-var]
        assert max(left) == max(known)  # type: ignore[type-var]


def test_a_long_curve_is_drawn_with_few_points() -> None:
    curve = Curve("c", tuple(map(float, range(100_000))), tuple(float(i % 97) for i in range(100_000)))
    assert len(thin_curve(curve).x) <= MOST_POINTS + 1


def test_a_birth_number_stands_once() -> None:
    with pytest.raises(ValueError, match="birth 3 came with two"):
        history(births=[BirthRow(3), BirthRow(3)])


def test_a_birth_is_told_by_its_parents_and_changes_or_by_where_it_came_from() -> None:
    assert (
        birth_phrase(41, (17,), ["temporal kernel 3 → 7"], "mutation")
        == "#41 = #17 with temporal kernel 3 → 7"
    )
    assert birth_phrase(3, (), [], "random") == "#3 random"
    assert (
        birth_phrase(13, (), ["all iTGM of 7 frames"], "hand_made") == "#13 hand-made: all iTGM of 7 frames"
    )
