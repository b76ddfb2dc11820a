"""The recipe of a launch: exact for the demo, else what was timed on this machine; kept by the plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchengine.core.archive import MemoryArchive
from searchengine.core.errors import UnknownName
from searchengine.core.jsontext import Json, dumps
from searchengine.driver import (
    control_plan,
    is_calibrated,
    make_plan,
    recipe_at_launch,
    start,
    step,
    takes_measured,
)
from searchengine.testing.data import TINY_CLIPS, TINY_IMAGES
from searchengine.training.recipe import CALIBRATION_FILE, Recipe, device_class, size_class

MEASURED = Recipe("bf16", "contiguous")


def store(var: Path, recipe: Json) -> None:
    classes = {size_class(TINY_IMAGES): {"recipe": recipe, "milliseconds": {}}}
    (var / CALIBRATION_FILE).write_text(dumps({device_class(): classes}))


def test_a_launch_takes_what_was_timed_for_its_size_and_the_demo_stays_exact(tmp_path: Path) -> None:
    store(tmp_path, MEASURED.to_json())
    assert recipe_at_launch(tmp_path, "random_search", "overnight", TINY_IMAGES) == MEASURED.to_json()
    assert recipe_at_launch(tmp_path, "random_search", "demo", TINY_IMAGES) == Recipe().to_json()
    assert recipe_at_launch(tmp_path, "random_search", None, TINY_IMAGES) == Recipe().to_json()
    assert recipe_at_launch(tmp_path, "evanet", "paper", TINY_CLIPS) == Recipe().to_json()
    assert not is_calibrated(tmp_path, TINY_CLIPS)


@pytest.mark.parametrize("recipe", [{"precision": "float8"}, {"speed": 3}, None])
def test_what_cannot_be_read_counts_as_not_timed(tmp_path: Path, recipe: Json) -> None:
    store(tmp_path, recipe)
    assert not is_calibrated(tmp_path, TINY_IMAGES)
    assert recipe_at_launch(tmp_path, "random_search", "overnight", TINY_IMAGES) == Recipe().to_json()


def test_only_presets_for_long_runs_go_by_what_was_timed() -> None:
    asked = ("overnight", "paper", "demo", None)
    assert [takes_measured("evanet", preset) for preset in asked] == [True, True, False, False]
    with pytest.raises(UnknownName, match="has no preset 'huge'"):
        takes_measured("evanet", "huge")


def test_every_job_and_the_control_carry_the_plans_recipe(tmp_path: Path) -> None:
    store(tmp_path, MEASURED.to_json())
    recipe = recipe_at_launch(tmp_path, "regularized_evolution", "overnight", TINY_IMAGES)
    plan = make_plan("regularized_evolution", TINY_IMAGES, seed=1, preset="overnight", recipe=recipe)
    store(tmp_path, Recipe().to_json())  # timed again later: a launched run does not change
    first = step(plan, start(plan), {}, MemoryArchive())
    assert first.jobs
    assert {dumps(job.recipe) for job in first.jobs} == {dumps(MEASURED.to_json())}
    assert control_plan(plan).recipe == MEASURED.to_json()
