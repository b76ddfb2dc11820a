"""Rows that tests of the product start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from searchengine.core.jsontext import dumps
from searchengine.testing.data import TINY_IMAGES
from webapp.accounts.models import Membership, Team, User
from webapp.accounts.roles import Role
from webapp.datasets.models import Dataset, DatasetState
from webapp.searches.models import SearchRun
from webapp.searches.services.launch import Launch, launch

PROBES = Path(__file__).parents[1] / "probe_methods"


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The throw-away methods are in the catalogue."""
    monkeypatch.setenv("EVOSCOPE_METHODS_PATH", str(PROBES))


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Vision", slug="vision")


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Makes people: ``person(team, Role.VIEWER)``."""

    def make(team: Team | None = None, role: Role = Role.RESEARCHER, name: str = "") -> User:
        name = name or f"{role}-{User.objects.count()}"
        user = User.objects.create_user(username=name, password="a long pass phrase 7")
        if team is not None:
            Membership.objects.create(team=team, user=user, role=role)
        return user

    return make


@pytest.fixture
def researcher(team: Team, person: Callable[..., User]) -> User:
    return person(team, Role.RESEARCHER)


@pytest.fixture
def stranger(person: Callable[..., User]) -> User:
    """Somebody of another team."""
    return person(Team.objects.create(name="Others", slug="others"), Role.OWNER)


@pytest.fixture
def dataset(team: Team) -> Dataset:
    return Dataset.objects.create(
        team=team,
        slug="tiny-images",
        title="Tiny images",
        source="tiny-images",
        state=DatasetState.READY,
        fingerprint=TINY_IMAGES.fingerprint,
        summary=dumps(TINY_IMAGES.to_json()),
    )


@pytest.fixture
def launched(probes: None, researcher: User, dataset: Dataset) -> Callable[..., SearchRun]:
    """Launches a probe run: ``launched(evaluations=30, fault="nan", window=4)``."""

    def make(method: str = "probe", *, window: int | None = None, seed: int = 5, **values: Any) -> SearchRun:
        wanted = Launch(method=method, dataset_id=dataset.pk, values=values, window=window, seed=seed)
        return launch(user=researcher, wanted=wanted).run

    return make
