"""Which network of a front a limit of cost offers."""

import pytest

from webapp.searches.pages.front import offers


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([], []),
        ([0.4], [0]),
        ([0.3, 0.9, 0.5, 0.9, 0.95], [0, 1, 1, 1, 4]),
        ([0.9, 0.3], [0, 0]),
    ],
)
def test_the_best_within_a_limit_is_offered_of_equals_the_cheapest(
    values: list[float], places: list[int]
) -> None:
    assert offers(values) == places
