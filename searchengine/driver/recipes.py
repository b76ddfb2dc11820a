"""The recipe of a launch: chosen once, from what was timed on this machine, and kept by the plan from then
on. Loads without torch; the timing itself is ``python -m searchengine calibrate``."""

from __future__ import annotations

from pathlib import Path

from searchengine import catalogue
from searchengine.core.jsontext import Json
from searchengine.core.setting import DataSummary
from searchengine.driver.plan import preset_name
from searchengine.training.recipe import EXACT_PRESETS, is_calibrated, recipe_for

__all__ = ["is_calibrated", "recipe_at_launch", "takes_measured"]


def takes_measured(method: str, preset: str | None) -> bool:
    """Whether runs of ``preset`` (None: the one a launch takes by default) go by what was measured. Raises
    ``UnknownName``."""
    return preset_name(catalogue.method(method), preset) not in EXACT_PRESETS


def recipe_at_launch(
    var: Path, method: str, preset: str | None, data: DataSummary, device: str = "cpu"
) -> Json:
    """The recipe for ``driver.make_plan``: the fastest one stored under ``var`` for the class of ``device``
    and the size class of ``data``; the default, in float32, where nothing was timed and for every preset
    that is exact (``demo``). Raises ``UnknownName``."""
    return recipe_for(var, data, preset_name(catalogue.method(method), preset), device).to_json()
