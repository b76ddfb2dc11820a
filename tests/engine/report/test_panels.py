from __future__ import annotations

import json

import pytest

from searchengine.core.errors import UnknownName
from searchengine.report.history import history
from searchengine.report.panels import PANELS, draw
from searchengine.report.panels.histogram import temporal_sizes
from searchengine.report.panels.layer_kinds import layer_kinds
from searchengine.report.panels.mutations import mutation_schedule
from searchengine.report.panels.scatter import front

from .runs import small_run


def count(genome: dict) -> dict[str, int]:
    return {kind: genome["kinds"].count(kind) for kind in genome["kinds"]}


def test_shares_of_layer_kinds_follow_the_living_population() -> None:
    panel = layer_kinds(count, ("conv", "itgm"))(small_run())
    shares = {series.name: series.y for series in panel.series}
    assert [series.name for series in panel.series] == ["conv", "itgm", "pool"]
    assert shares["conv"] == (1.0, 2 / 3, 3 / 4, 1 / 4)
    assert shares["itgm"][-1] == 3 / 4
    assert all(sum(column) == pytest.approx(1.0) for column in zip(*shares.values(), strict=True))


def test_the_histogram_sets_the_living_beside_all_births() -> None:
    panel = temporal_sizes(lambda genome: genome["sizes"])(small_run())
    born, now = panel.series
    assert born.x == ("1", "3", "7")
    assert born.y == (1 / 7, 3 / 7, 3 / 7)
    assert now.y == (0.0, 1 / 4, 3 / 4)


def test_the_front_holds_what_nothing_cheaper_reaches() -> None:
    points = [(1.0, 0.5, 1), (2.0, 0.5, 2), (2.0, 0.7, 3), (3.0, 0.6, 4)]
    assert front(points) == [(1.0, 0.5, 1), (2.0, 0.7, 3)]


def test_the_mutation_schedule_shows_plan_and_children() -> None:
    panel = mutation_schedule(lambda run: {0: 5, 3: 1})(small_run())
    assert panel.series[0].y == (1.0, 2.0, 1.0)
    assert panel.series[1].name == "planned"


def test_every_panel_draws_an_empty_run_and_a_run_as_json() -> None:
    for run in (history(), small_run()):
        for panel in draw(PANELS, run):
            json.dumps(panel.to_json(), allow_nan=False)
            assert bool(panel.series) != bool(panel.empty) or panel.table is not None


def test_an_unknown_panel_is_named() -> None:
    with pytest.raises(UnknownName, match="there is no panel 'sparkles'"):
        draw(["sparkles"], history())
    assert draw(["mine"], history(), {"mine": PANELS["operators"]})[0].slug == "operators"
