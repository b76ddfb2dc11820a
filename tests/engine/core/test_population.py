"""Who is alive and who becomes a parent."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from searchengine.core.generator import first_generator
from searchengine.core.population import Individual, Population
from searchengine.core.selection import tournament


def _population(*fitness: float) -> Population:
    return Population(Individual(number, value) for number, value in enumerate(fitness))


def test_the_oldest_leaves_first_whatever_its_fitness() -> None:
    population = _population(0.9, 0.1, 0.5)
    assert population.remove_oldest() == Individual(0, 0.9)
    assert population.numbers() == [1, 2]


def test_the_least_fit_leaves_and_of_equals_the_oldest() -> None:
    population = _population(0.5, 0.1, 0.1)
    assert population.remove_least_fit() == Individual(1, 0.1)
    assert population.numbers() == [0, 2]


def test_the_fittest_come_first_and_of_equals_the_earlier() -> None:
    assert [one.number for one in _population(0.2, 0.7, 0.7).fittest(2)] == [1, 2]


def test_a_population_survives_json() -> None:
    population = _population(0.2, 0.7)
    assert list(Population.from_json(population.to_json())) == list(population)


def test_a_tournament_of_everybody_is_won_by_the_fittest() -> None:
    population = _population(0.2, 0.7, 0.4)
    rng = first_generator(0)
    assert {tournament(population, 3, rng).number for _ in range(20)} == {1}
    assert {tournament(population, 50, rng).number for _ in range(20)} == {1}


def test_a_tournament_of_one_is_a_fair_draw() -> None:
    population = _population(0.2, 0.7, 0.4, 0.9)
    rng = first_generator(3)
    counts = Counter(tournament(population, 1, rng).number for _ in range(4000))
    assert min(counts.values()) > 900


def test_a_tournament_of_two_is_won_with_the_odds_of_drawing_without_replacement() -> None:
    # Of the pairs of four, the fittest is in 3 of 6, the second wins 2 of 6, the third 1 of 6, the last none.
    population = _population(0.1, 0.2, 0.3, 0.4)
    rng = first_generator(4)
    counts = Counter(tournament(population, 2, rng).number for _ in range(6000))
    assert counts[0] == 0
    assert np.allclose(
        [counts[3] / 6000, counts[2] / 6000, counts[1] / 6000], [3 / 6, 2 / 6, 1 / 6], atol=0.03
    )


def test_equals_in_a_tournament_go_to_the_earlier_birth() -> None:
    assert tournament(_population(0.5, 0.5, 0.5), 3, first_generator(0)).number == 0


def test_a_tournament_without_anybody_is_refused() -> None:
    with pytest.raises(ValueError, match="population is empty"):
        tournament(Population(), 2, first_generator(0))
