"""Recipes are timed in the preparer once a size of data, and a launch takes what was timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from searchengine.core.jsontext import dumps, loads
from searchengine.driver.recipes import is_calibrated
from searchengine.training.recipe import CALIBRATION_FILE, Recipe, device_class, size_class
from webapp.accounts.models import Team, User
from webapp.datasets.models import Dataset
from webapp.datasets.services.calibrate import calibrate, uncalibrated
from webapp.datasets.services.prepare import ask_preparation, prepare
from webapp.searches.services.launch import Launch, launch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def var(settings: Any, tmp_path: Path) -> Path:
    """A machine that was never used."""
    settings.VAR = tmp_path
    settings.CALIBRATE = True
    return tmp_path


def test_the_preparer_times_a_new_size_once(var: Path, team: Team, researcher: User) -> None:
    digits = Dataset.objects.create(team=team, slug="digits", title="Digits", source="digits", built_in=True)
    assert not calibrate()  # there is no data yet
    ask_preparation(dataset=digits, actor=researcher)
    assert prepare(digits.pk)
    digits.refresh_from_db()
    assert uncalibrated() == [digits.fingerprint]
    assert calibrate()
    assert is_calibrated(var, digits.data_summary())
    assert not calibrate()


def test_timing_can_be_switched_off_and_its_failure_harms_nothing(
    var: Path, dataset: Dataset, settings: Any
) -> None:
    assert uncalibrated() == [dataset.fingerprint]
    assert not calibrate()  # its files are not on this machine
    settings.CALIBRATE = False
    assert not calibrate()


def test_a_launch_takes_what_was_timed_and_the_demo_is_exact(
    var: Path, dataset: Dataset, researcher: User
) -> None:
    measured = Recipe("bf16", "contiguous").to_json()
    classes = {size_class(dataset.data_summary()): {"recipe": measured, "milliseconds": {}}}
    (var / CALIBRATION_FILE).write_text(dumps({device_class(): classes}))
    runs = {
        preset: launch(
            user=researcher,
            wanted=Launch(method="regularized_evolution", dataset_id=dataset.pk, preset=preset, control=True),
        )
        for preset in ("overnight", "demo", "")
    }
    assert loads(runs["overnight"].run.recipe) == measured
    assert loads(runs["overnight"].run.plan)["recipe"] == measured
    assert runs["overnight"].control is not None
    assert loads(runs["overnight"].control.recipe) == measured
    assert loads(runs["demo"].run.recipe) == loads(runs[""].run.recipe) == Recipe().to_json()
