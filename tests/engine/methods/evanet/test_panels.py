"""EvaNet's panels, from a rehearsed run's history."""

import pytest

from searchengine.driver import make_plan
from searchengine.methods.evanet.handmade import HAND_MADE
from searchengine.methods.evanet.panels import PANELS, layers_of, sizes_of
from searchengine.methods.evanet.spec import METHOD
from searchengine.report.history import RunHistory
from searchengine.report.panels import draw
from searchengine.testing.rehearsal import Rehearsal
from tests.engine.methods.evanet.published import R1, SMALL_DATA, TINY
from tests.engine.methods.histories import history_of


def counts(birth):
    return 20_000, 10**6 + birth.number


@pytest.fixture(scope="module")
def run() -> RunHistory:
    return history_of(Rehearsal(make_plan("evanet", SMALL_DATA, seed=3, values={"rounds": 20})).run(), counts)


def test_every_named_panel_is_drawn_and_before_a_run_says_when_it_appears(run):
    for panel in draw(METHOD.panels, run, PANELS):
        assert panel.series or panel.table, panel.slug
        assert not panel.empty
        assert panel.to_json()["title"]
        for series in panel.series:
            assert len(series.x) == len(series.y)
    for panel in draw(METHOD.panels, RunHistory(), PANELS):
        assert not panel.series
        assert panel.empty


def test_layers_are_counted_by_kind_in_their_canonical_spelling():
    assert layers_of(R1) == {"conv2p1d": 1, "conv3d": 4, "itgm": 2, "pool": 5, "point": 3}
    assert layers_of(TINY) == {"itgm": 2, "point": 1, "conv2p1d": 1, "conv3d": 2, "pool": 1}


def test_temporal_sizes_are_those_of_stem_pools_and_branches():
    assert sorted(sizes_of(TINY)) == sorted([3, 1, 1, 5, 3, 1, 7, 3])


def test_shares_of_layer_kinds_add_up_to_one(run):
    (panel,) = draw(["layer-kinds"], run, PANELS)
    for column in zip(*(series.y for series in panel.series), strict=True):
        assert sum(column) == pytest.approx(1.0)


def test_the_schedule_agrees_with_what_children_got(run):
    (panel,) = draw(["mutations"], run, PANELS)
    got, planned = panel.series
    assert got.x == planned.x
    assert got.y == planned.y


def test_the_ancestry_ends_at_the_best_network_and_names_every_mutation(run):
    (panel,) = draw(["ancestry"], run, PANELS)
    best = max(run.first_scores().values(), key=lambda row: row.fitness if row.fitness is not None else -1.0)
    assert panel.table.rows[-1][0] == f"#{best.birth}"
    births = run.birth_rows()
    for row in panel.table.rows[1:]:
        assert all(change.text in row[1] for change in births[int(row[0][1:])].changes)


def test_finalists_stand_beside_the_hand_made_networks(run):
    (panel,) = draw(["final-accuracy"], run, PANELS)
    found, made = panel.series
    assert (found.name, made.name) == ("found networks", "hand-made networks")
    assert set(made.text) <= {one.title for one in HAND_MADE.values()}
    assert panel.x.title == "multiply-adds of one clip"


def test_latency_is_the_axis_once_all_of_them_were_measured(run):
    timed = run._replace(
        scores=tuple(row._replace(metrics={**row.metrics, "latency_ms": 2.0}) for row in run.scores)
    )
    (panel,) = draw(["final-accuracy"], timed, PANELS)
    assert panel.x.unit == "ms"


def test_the_itgm_panels_show_profiles_before_and_after(run):
    profiles, mixture = draw(["itgm-profiles", "itgm-mixture"], run, PANELS)
    assert [series.name for series in profiles.series] == [
        "profile 1 before", "profile 2 before", "profile 1 after", "profile 2 after",
    ]  # fmt: skip
    assert profiles.table.rows[0][:2] == ("stem.conv", "3")
    assert len(mixture.series) == 6


def test_the_ensemble_stands_beside_its_members(run):
    (panel,) = draw(["ensemble"], run, PANELS)
    assert panel.series[0].x[-1] == "ensemble"
    assert panel.series[0].y[-1] == 0.9
    assert len(panel.series[0].births) == len(panel.series[0].x) - 1
