"""Recipes are checked, chosen by measurement, and exact for the demo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from searchengine.core.errors import InvalidParams
from searchengine.data.prepared import PreparedData
from searchengine.training.calibration import calibrate, choose
from searchengine.training.recipe import CALIBRATION_FILE, Recipe, device_class, recipe_for, size_class


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"precision": "float16"}, "precision"),
        ({"memory_format": "rows"}, "memory_format"),
        ({"micro_batch": 0}, "micro_batch"),
        ({"speed": 9}, "speed"),
    ],
)
def test_wrong_recipes_are_refused_in_words(value: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        Recipe.from_json(value)
    assert field in refused.value.fields


def test_a_recipe_survives_json() -> None:
    recipe = Recipe("bf16", "contiguous", 8)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_json({}) == Recipe()


def test_the_demo_is_exact_and_others_take_what_was_measured(digits: PreparedData, tmp_path: Path) -> None:
    assert recipe_for(tmp_path, digits.summary, "overnight") == Recipe()
    found = calibrate(tmp_path, digits.summary, rounds=1)
    assert set(found["milliseconds"]) == {
        "float32 contiguous", "float32 channels_last", "bf16 contiguous", "bf16 channels_last"
    }  # fmt: skip
    assert recipe_for(tmp_path, digits.summary, "overnight") == Recipe.from_json(found["recipe"])
    assert recipe_for(tmp_path, digits.summary, "demo") == Recipe()
    assert calibrate(tmp_path, digits.summary, rounds=1) == found


def test_size_classes_are_kept_apart_and_a_damaged_file_is_measured_anew(
    digits: PreparedData, motion: PreparedData, tmp_path: Path
) -> None:
    assert (size_class(digits.summary), size_class(motion.summary)) == ("images 8", "clips 8x16")
    (tmp_path / CALIBRATION_FILE).write_text("{")
    assert recipe_for(tmp_path, digits.summary, None) == Recipe()
    calibrate(tmp_path, digits.summary, rounds=1)
    calibrate(tmp_path, motion.summary, rounds=1)
    for data in (digits, motion):
        assert recipe_for(tmp_path, data.summary, None).precision in ("float32", "bf16")


def test_bf16_must_be_worth_its_rounding() -> None:
    plain, rounded = Recipe("float32"), Recipe("bf16")
    assert choose({plain: 11.0, rounded: 10.0}) == plain
    assert choose({plain: 12.0, rounded: 10.0}) == rounded
    assert choose({plain: 12.0, Recipe("float32", "contiguous"): 9.0, rounded: 8.0}) == Recipe(
        "float32", "contiguous"
    )


def test_the_device_class_names_the_processor() -> None:
    assert device_class().startswith("cpu ")
    assert device_class("cuda").startswith("cuda ")


def test_choosing_a_recipe_loads_no_torch() -> None:
    code = "import sys, searchengine.training.recipe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
