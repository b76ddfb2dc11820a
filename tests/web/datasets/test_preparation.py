"""Preparing data in the preparer: progress, refusal in words, cancelling, and what a dead preparer leaves."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from webapp.accounts.models import Team, User
from webapp.accounts.roles import Role
from webapp.accounts.services.create_first_account import create_first_account
from webapp.datasets.models import Dataset, DatasetState
from webapp.datasets.services.cancel_preparation import cancel_preparation
from webapp.datasets.services.prepare import ask_preparation, prepare
from webapp.datasets.services.take_back import take_back_preparations
from webapp.operations.left_behind import MOST_ATTEMPTS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def digits(team: Team) -> Dataset:
    return Dataset.objects.create(team=team, slug="digits", title="Digits", source="digits", built_in=True)


def test_the_first_account_owns_a_team_with_the_built_in_sets() -> None:
    made = create_first_account(password="a long pass phrase 7")
    assert made is not None
    assert made.user.memberships.get().role == Role.OWNER
    assert {"digits", "digits-motion", "digits-motion16"} == set(
        Dataset.objects.filter(team=made.team).values_list("slug", flat=True)
    )
    assert create_first_account() is None


def test_a_built_in_set_becomes_ready(digits: Dataset, researcher: User) -> None:
    assert ask_preparation(dataset=digits, actor=researcher)
    assert not prepare(digits.pk + 1)
    assert prepare(digits.pk)
    digits.refresh_from_db()
    assert digits.state == DatasetState.READY, digits.error
    assert digits.data_summary().classes == tuple("0123456789")
    assert (settings.VAR / "data" / digits.fingerprint / "manifest.json").is_file()
    assert not prepare(digits.pk)  # a second bell finds nothing to do


def test_unreadable_data_is_refused_in_words(team: Team, tmp_path: Path) -> None:
    np.savez(tmp_path / "broken.npz", nonsense=np.zeros(3))
    with pytest.raises(CommandError) as refused:
        call_command("import_data", str(tmp_path / "broken.npz"), "--name", "Broken")
    assert "failed" in str(refused.value)
    with pytest.raises(CommandError) as missing:
        call_command("import_data", str(tmp_path / "nothing-here"))
    assert "nothing at" in str(missing.value)


def test_cancelling_ends_the_child(digits: Dataset, researcher: User) -> None:
    ask_preparation(dataset=digits, actor=researcher)
    worker = threading.Thread(target=lambda: (prepare(digits.pk), connection.close()))
    worker.start()
    while Dataset.objects.get(pk=digits.pk).state == DatasetState.WAITING:
        worker.join(0.02)
    cancelled = cancel_preparation(user=researcher, dataset_id=digits.pk)
    worker.join(20)
    digits.refresh_from_db()
    assert digits.state == (DatasetState.CANCELLED if cancelled else DatasetState.READY)


def test_a_viewer_cannot_cancel(digits: Dataset, team: Team, person: Callable[..., User]) -> None:
    with pytest.raises(PermissionDenied):
        cancel_preparation(user=person(team, Role.VIEWER), dataset_id=digits.pk)


def test_what_a_dead_preparer_held_waits_again_three_times(digits: Dataset) -> None:
    rows = Dataset.objects.filter(pk=digits.pk)
    long_ago = Now() - datetime.timedelta(hours=1)
    rows.update(state=DatasetState.PREPARING, attempts=1, touched=long_ago)
    take_back_preparations()
    assert rows.get().state == DatasetState.WAITING
    rows.update(state=DatasetState.PREPARING, attempts=MOST_ATTEMPTS, touched=long_ago)
    take_back_preparations()
    assert rows.get().state == DatasetState.FAILED
