"""A run's comparison takes in what a person repeated under other seeds, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from searchengine.testing import rehearsal
from tests.web.searches.test_steps import drive
from webapp.accounts.models import User
from webapp.datasets.models import Dataset
from webapp.searches.models import SearchRun
from webapp.searches.pages.repeated_pairs import repeated_pairs
from webapp.searches.services.launch import Launch, launch
from webapp.searches.services.start_control import controls_to_start, start_control

pytestmark = pytest.mark.django_db(transaction=True)

Pair = Callable[..., SearchRun]


@pytest.fixture
def pair(researcher: User, dataset: Dataset) -> Pair:
    """A finished run beside its finished control."""

    def make(seed: int, evaluations: int = 12) -> SearchRun:
        values = {"space": "chain", "evaluations": evaluations, "finalists": 2}
        wanted = Launch(
            method="regularized_evolution", dataset_id=dataset.pk, values=values, seed=seed, control=True
        )
        done = launch(user=researcher, wanted=wanted)
        drive(done.run, rehearsal.hashed)
        start_control(controls_to_start().get())
        assert done.control is not None
        done.control.refresh_from_db()
        drive(done.control, rehearsal.hashed)
        return done.run

    return make


def test_other_seeds_of_the_same_search_count_and_other_searches_do_not(pair: Pair) -> None:
    run, again, third = pair(1), pair(2), pair(3)
    pair(1)  # the same seed once more tells nothing new
    pair(4, evaluations=15)  # another search
    found = repeated_pairs(run)
    assert {ours.pk for ours, _ in found} == {again.pk, third.pk}
    assert all(theirs.control_of_id == ours.pk for ours, theirs in found)


def test_the_page_says_by_how_much_and_how_sure(client: Client, researcher: User, pair: Pair) -> None:
    run = pair(1)
    client.force_login(researcher)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "Trained again alike" in page
    assert "One seed cannot tell skill from luck" in page
    pair(2)
    pair(3)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "Over 3 seeds" in page
    assert "3 pairs of seeds" in page
    assert "One seed cannot tell" not in page
