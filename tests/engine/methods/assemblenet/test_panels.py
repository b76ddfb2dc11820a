"""AssembleNet's panels, from a rehearsed run's history."""

from collections import Counter
from dataclasses import replace

import pytest

from searchengine.core.jobs import Score
from searchengine.driver import make_plan
from searchengine.methods.assemblenet.connections import from_blocks
from searchengine.methods.assemblenet.genome import parse, to_json
from searchengine.methods.assemblenet.operators import fully_connected
from searchengine.methods.assemblenet.panels import PANELS, planned_mutations
from searchengine.methods.assemblenet.spec import METHOD
from searchengine.report.history import (
    BirthRow,
    RunHistory,
    history,
    score_row,
)
from searchengine.report.panels import draw
from searchengine.report.population import alive
from searchengine.testing.rehearsal import Rehearsal, hashed
from tests.engine.methods.assemblenet.published import ASN50, FUSED, SMALL_DATA
from tests.engine.methods.histories import history_of

ABLATION = {
    "whole": 0.8, "stems": {"0": 0.3, "2": 0.85}, "connections": {"0>6": 0.8, "1>4": 0.55},
}  # fmt: skip


def told(job):
    """Hashed scores with the metrics that a training adds, and an ablation from final ones."""
    found = hashed(job)
    if job.phase == "final":
        return replace(found, findings={**found.findings, "ablation": ABLATION})
    more = {"connections": 7.0, "weight_entropy": 0.25, "parameters": 60_000.0, "flops": 4e6}
    scores = {
        number: Score({**score.metrics, **more}) if score.failure is None else score
        for number, score in found.scores.items()
    }
    return replace(found, scores=scores)


@pytest.fixture(scope="module")
def rehearsal() -> Rehearsal:
    return Rehearsal(make_plan("assemblenet", SMALL_DATA, seed=3)).run(told)


@pytest.fixture(scope="module")
def run(rehearsal) -> RunHistory:
    return history_of(rehearsal)


def panel_of(name: str, run: RunHistory):
    (panel,) = draw([name], run, PANELS)
    return panel


def test_every_named_panel_is_drawn_and_before_a_run_says_when_it_appears(run):
    assert set(PANELS) <= set(METHOD.panels)
    for panel in draw(METHOD.panels, run, PANELS):
        assert panel.series or panel.table or panel.heat, panel.slug
        assert not panel.empty
        assert panel.to_json()["title"]
        for series in panel.series:
            assert len(series.x) == len(series.y)
    for panel in draw(METHOD.panels, RunHistory(), PANELS):
        assert not panel.series
        assert not panel.table
        assert not panel.heat
        assert panel.empty


def test_the_histogram_counts_every_weight_of_the_living(run, rehearsal):
    panel = panel_of("connection-weights", run)
    (series,) = panel.series
    weights = [
        weight
        for number in alive(run)
        for weight in from_blocks(
            parse(rehearsal.births[number].genome), rehearsal.archive.report(number).findings["weights"]
        ).values()
    ]
    bins = Counter(min(19, int(weight * 10_000 + 0.5) // 500) for weight in weights)
    assert series.x == tuple(round(0.025 + 0.05 * place, 4) for place in range(20))
    assert series.y == tuple(float(bins[place]) for place in range(20))
    assert "do not learn" not in panel.help


@pytest.mark.parametrize(
    ("near", "elsewhere", "warned"), [(80, 20, True), (79, 21, False), (100, 0, True), (0, 100, False)]
)
def test_weights_that_stay_at_one_half_are_warned_of(near, elsewhere, warned):
    counts = [0] * 20
    counts[9], counts[10], counts[8] = near // 2, near - near // 2, elsewhere
    panel = panel_of("connection-weights", RunHistory(progress={"weights": counts}))
    assert ("the logits do not learn" in panel.help) is warned
    if warned:
        assert panel.help.startswith(f"{near}% of the weights")
        assert "Raise the connection learning rate" in panel.help


def test_connections_of_every_birth_with_what_its_rewiring_did(run, rehearsal):
    count, dropped, added = panel_of("rewiring", run).series
    assert (count.name, dropped.name, added.name) == ("connections", "dropped", "added")
    assert count.births == tuple(range(28))
    assert count.y == tuple(float(len(list(parse(one.genome).edges))) for one in rehearsal.births)
    children = [one for one in rehearsal.births if one.parents]
    assert dropped.births == added.births == tuple(one.number for one in children)
    for place, birth in enumerate(children):
        arguments = birth.changes[0].arguments
        assert dropped.y[place] == len(arguments["dropped"])
        assert added.y[place] == len(arguments["added"])
        assert dropped.text[place] == f"q {arguments['q']:.2f}"
    table = panel_of("rewiring", run).table
    assert table.births == tuple(one.number for one in reversed(children))[:10]
    told = children[-1].changes[0].arguments
    numbers = (len(told["dropped"]), len(told["added"]), len(told["repaired"]))
    assert table.rows[0] == (f"#{children[-1].number}", *map(str, numbers), f"{told['q']:.2f}")
    assert sum(dropped.y) > 20
    assert sum(added.y) > 20


def test_births_whose_genomes_were_left_out_are_passed_over(run):
    bare = run._replace(births=tuple(row._replace(genome=None) for row in run.births))
    for panel in draw(METHOD.panels, bare, PANELS):
        assert panel.title
    assert panel_of("edge-frequency", bare).empty
    assert panel_of("rewiring", bare).empty


def test_shares_of_dilations_are_those_of_the_living_without_flow_stems(run, rehearsal):
    panel = panel_of("dilations", run)
    assert panel.series[0].x == ("RGB stems", "level 1", "level 2", "level 3", "level 4")
    graphs = [parse(rehearsal.births[number].genome) for number in alive(run)]
    assert len(graphs) == 8
    for series in panel.series:
        value = int(series.name.removeprefix("dilation "))
        for level, share in enumerate(series.y):
            nodes = [node for graph in graphs for node in graph.at(level) if node.kind != "flow"]
            assert share == pytest.approx(sum(node.dilation == value for node in nodes) / len(nodes))
    for column in zip(*(series.y for series in panel.series), strict=True):
        assert sum(column) == pytest.approx(1.0)


def test_the_leaderboard_ranks_the_search_with_cost_and_entropy(run):
    panel = panel_of("leaderboard", run)
    scores = {number: row.fitness for number, row in run.first_scores().items() if row.fitness is not None}
    best = sorted(scores, key=lambda number: -scores[number])[:10]
    assert [row[0] for row in panel.table.rows] == [f"#{number}" for number in best]
    assert panel.table.rows[0] == (
        f"#{best[0]}", f"{scores[best[0]]:.3f}", "60,000", "4,000,000", "7", "0.25",
    )  # fmt: skip
    assert len(panel.table.columns) == 6
    assert panel.table.with_births()[0] == (best[0], panel.table.rows[0]), "a row leads to its network"


def test_counts_of_the_architecture_stand_before_measured_ones_and_unknown_ones_stay_empty(run):
    counted = run._replace(births=tuple(row._replace(parameters=59_306) for row in run.births))
    assert {row[2] for row in panel_of("leaderboard", counted).table.rows} == {"59,306"}
    bare = run._replace(scores=tuple(row._replace(metrics={}) for row in run.scores))
    assert {row[2:] for row in panel_of("leaderboard", bare).table.rows} == {("", "", "", "")}


def _told_once(*genomes) -> RunHistory:
    return history(
        births=[BirthRow(number, genome=to_json(genome)) for number, genome in enumerate(genomes)],
        scores=[
            score_row(number, number, number, Score({"fitness": 1 - number / 100}))
            for number in range(len(genomes))
        ],
    )


def test_the_heat_of_connections_by_hand():
    heat = panel_of("edge-frequency", _told_once(ASN50)).heat
    assert heat.rows == ("RGB stems", "flow stems", "level 1", "level 2", "level 3")
    assert heat.columns == ("level 1", "level 2", "level 3", "level 4")
    # Two stems a stream; blocks 4, 4, 2, 1 on levels 1 to 4.
    assert heat.values == (
        (4 / 8, 4 / 8, 0.0, 0.0),
        (4 / 8, 1 / 8, 0.0, 0.0),
        (None, 9 / 16, 1 / 8, 0.0),
        (None, None, 5 / 8, 0.0),
        (None, None, None, 1.0),
    )


def test_the_heat_is_that_of_the_ten_best():
    whole = fully_connected(FUSED)
    heat = panel_of("edge-frequency", _told_once(*[whole] * 10, FUSED)).heat
    assert {value for row in heat.values for value in row} == {1.0, None}
    heat = panel_of("edge-frequency", _told_once(whole, FUSED)).heat
    # Of two graphs with 2 RGB stems and 2 blocks on level 1 one has all four connections, the other two.
    assert heat.values[0][0] == pytest.approx(6 / 8)


def test_what_the_result_can_do_without_stands_with_the_greatest_loss_first(run, rehearsal):
    panel = panel_of("without", run)
    (series,) = panel.series
    (best, *_) = rehearsal.outcome.members
    level = parse(rehearsal.births[best.birth].genome).node(6).level
    assert series.x == (
        "stem RGB 0", "RGB 1 → block 4", "RGB 0 → block 6", "stem flow 2",
    )  # fmt: skip
    assert panel.table.rows == (
        ("stem RGB 0", "+50.0%"), ("RGB 1 → block 4 (level 1)", "+25.0%"),
        (f"RGB 0 → block 6 (level {level})", "+0.0%"), ("stem flow 2", "-5.0%"),
    )  # fmt: skip
    assert series.y == pytest.approx((0.5, 0.25, 0.0, -0.05))
    assert panel.help.startswith(f"Network #{rehearsal.outcome.members[0].birth}, 80.0% whole: what the")


def test_parts_of_an_unknown_genome_go_by_number(run):
    bare = run._replace(births=tuple(row._replace(genome=None) for row in run.births))
    (series,) = panel_of("without", bare).series
    assert series.x == ("stem 0", "1 → 4", "0 → 6", "stem 2")


def test_planned_mutations_agree_with_what_children_got(run):
    got, planned = panel_of("mutations", run).series
    assert got.x == planned.x
    assert planned.y == got.y
    # One change is the rewiring; of two structural mutations one is left after ten rounds.
    assert planned.y == (3.0,) * 10 + (2.0,) * 10


def test_connections_that_are_read_off_have_no_planned_mutations():
    run = Rehearsal(make_plan("assemblenet", SMALL_DATA, seed=3, values={"mode": "one_shot"})).run(told)
    assert len(run.births) == 2
    assert planned_mutations(history_of(run)) == {}
    assert not planned_mutations(RunHistory())
