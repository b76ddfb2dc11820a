"""NSE's panels, from a rehearsed run's history."""

from itertools import pairwise

import pytest

from searchengine.core.jsontext import Json
from searchengine.core.pareto import non_dominated
from searchengine.methods.nse.gates import probability
from searchengine.methods.nse.genome import parse_path
from searchengine.methods.nse.panels import PANELS
from searchengine.methods.nse.rounds import costs, guards, rounds
from searchengine.methods.nse.spec import METHOD
from searchengine.report.history import FoundRow, RunHistory
from searchengine.report.panels import draw
from tests.engine.methods.histories import history_of
from tests.engine.methods.nse.test_search import exact, run


@pytest.fixture(scope="module")
def done():
    return run(exact, finalists=6)


@pytest.fixture(scope="module")
def told(done) -> RunHistory:
    return history_of(done)


def panels(history):
    return {one.slug: one for one in draw(METHOD.panels, history, PANELS)}


def test_every_panel_of_the_method_is_drawn_and_says_something(told):
    found = panels(told)
    assert tuple(found) == METHOD.panels
    for panel in found.values():
        assert not panel.empty
        assert panel.help
        assert panel.series or panel.heat or panel.table


def test_a_run_that_has_not_begun_says_when_panels_appear():
    for panel in panels(RunHistory()).values():
        assert panel.empty.startswith("Appears")
        assert (panel.series, panel.heat, panel.table) == ((), None, None)


def test_a_round_is_what_was_told_between_two_trainings(done, told):
    found = rounds(told)
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert len(found) > 1
    records = [job.subjects[0] for job in done.jobs if job.kind == "train_supernet"]
    assert [one.record for one in found] == records
    jobs = [job for job in done.jobs if job.kind == "score_paths"]
    assert sum(len(one.scored) for one in found) == sum(len(job.subjects) for job in jobs)
    for one, record in zip(found, records, strict=True):
        assert all(
            row.birth > record or row.birth in {b for b, _, _ in found[one.number - 2].front}
            for row in one.scored
        )
    for one, following in pairwise(found):
        assert one.kept == following.space.locked


def test_strips_say_of_every_operation_where_it_stands(told):
    heat = panels(told)["space"].heat
    found = rounds(told)
    assert [step.name for step in heat.steps] == [f"round {one.number}" for one in found]
    assert heat.values == heat.steps[-1].values
    assert heat.signs == heat.steps[-1].signs
    for one, step in zip(found, heat.steps, strict=True):
        for cell, (values, signs) in enumerate(zip(step.values, step.signs, strict=True)):
            held = one.space
            for op, (value, sign) in enumerate(zip(values, signs, strict=True)):
                active = op in held.active[cell]
                assert (value is not None) == active
                assert (sign in "KP×") if active else True
                assert (sign == "K") == (op in one.kept[cell])
                if op in held.pending[cell]:
                    assert sign == "·"
            for op, gate in one.gates[cell]:
                assert values[op] == gate


def test_a_round_under_way_tells_new_from_locked():
    """Stopped after the second training: its gates are there, its front is not."""
    half = history_of(run(exact, until_told=9))
    last = rounds(half)[-1]
    assert not last.ended
    assert last.scored
    heat = panels(half)["space"].heat
    for cell, signs in enumerate(heat.signs):
        held = last.space
        for op, sign in enumerate(signs):
            if op in held.active[cell]:
                assert sign == ("L" if op in held.locked[cell] else "N")


@pytest.fixture
def training() -> RunHistory:
    """A second round that has begun to train and told nothing."""
    runs = (history_of(run(exact, until_told=at)) for at in range(1, 20))
    return next(one for one in runs if len(found := rounds(one)) == 2 and not found[-1].gates)


def so_far(history: RunHistory, record: int, findings: Json) -> RunHistory:
    row = FoundRow(7, "train_supernet", (record,), 350, 700, findings)
    return history._replace(so_far=(row,))


def test_a_round_in_training_shows_its_gates_so_far_and_says_so(training):
    last = rounds(training)[-1]
    before = panels(training)
    assert {value for row in before["space"].heat.values for value in row} == {None}
    assert "trains" not in before["space"].help
    active = [list(ops) for ops in last.space.active]
    gone = active[0].pop()
    told = {"active": active, "alphas": [[0.4] * len(ops) for ops in active]}
    live = so_far(training, last.record, told)
    after = panels(live)
    heat = after["space"].heat
    assert after["space"].help.endswith("Round 2 trains: gates as they are at step 350 of 700.")
    assert [step.name for step in heat.steps] == ["round 1", "round 2"], "the moments stay as they were"
    assert heat.steps[0] == before["space"].heat.steps[0], "rounds before keep theirs"
    assert (heat.values[0][gone], heat.signs[0][gone]) == (0.0, "P")
    for cell, ops in enumerate(active):
        for op in ops:
            assert heat.values[cell][op] == pytest.approx(probability(0.4), abs=1e-4)
            assert heat.signs[cell][op] == ("L" if op in last.space.locked[cell] else "N")
    # It is shown in the strips alone, and only for the round that it is about.
    assert {slug: panel for slug, panel in after.items() if slug != "space"} == {
        slug: panel for slug, panel in before.items() if slug != "space"
    }
    other = panels(so_far(training, last.record + 1, told))
    assert other == before


def test_a_round_s_own_gates_stand_over_those_told_on_the_way(told):
    last = rounds(told)[-1]
    late = so_far(told, last.record, {"active": [[0]] * 7, "alphas": [[0.0]] * 7})
    assert panels(late) == panels(told)


def test_scores_are_of_the_last_round_alone_with_its_front(told):
    panel = panels(told)["scores"]
    last = rounds(told)[-1]
    series = {one.name: one for one in panel.series}
    assert series["guards"].mark == "rings"
    drawn = {birth for name, one in series.items() if name != "front" for birth in one.births}
    assert drawn == {row.birth for row in last.scored if row.fitness is not None}
    assert set(series["guards"].births) == guards(told) & drawn
    cost = costs(told)
    for one in series.values():
        assert one.x == pytest.approx([cost[birth] / 1000 for birth in one.births])
    low, high = told.progress["band"]
    assert (panel.bands[0].low, panel.bands[0].high) == (low / 1000, high / 1000)
    assert all(low <= cost[birth] <= high for birth in series["candidates"].births)
    assert all(cost[birth] < low for birth in series["guards"].births)
    rows = [(cost[row.birth], row.fitness) for row in last.scored if row.fitness is not None]
    best = {rows[place] for place in non_dominated(rows)}
    front = set(zip((cost[birth] for birth in series["front"].births), series["front"].y, strict=True))
    assert front <= best
    assert series["front before, scored again"].births


def test_what_the_front_covers_is_the_mean_of_the_best_accuracy_over_the_band(told):
    panel = panels(told)["covered"]
    low, high = told.progress["band"]
    for one, value in zip((one for one in rounds(told) if one.ended), panel.series[0].y, strict=True):
        steps = 4000
        costs_of_band = [low + (high - low) * (place + 0.5) / steps for place in range(steps)]
        best = [max((v for _, c, v in one.front if c <= cost), default=0.0) for cost in costs_of_band]
        assert value == pytest.approx(sum(best) / steps, abs=2e-3)


def test_usage_and_survival_count_the_front(done, told):
    last = rounds(told)[-1]
    heat = panels(told)["usage"].heat
    paths = [parse_path(done.births[birth].genome).path for birth, _, _ in last.front]
    for cell, row in enumerate(heat.values):
        for op, share in enumerate(row):
            used = sum(op in path[cell] for path in paths)
            assert share == (used / len(paths) if op in last.space.active[cell] else None)
            assert (op in last.kept[cell]) <= (used > 0)
    table = panels(told)["survivors"].table
    assert sum(int(row[2]) for row in table.rows) == sum(map(len, last.kept))
    tried = {(cell, op) for one in rounds(told) for cell, ops in enumerate(one.space.active) for op in ops}
    assert sum(int(row[1]) for row in table.rows) == len(tried)


def test_the_size_of_the_space_adds_up_to_the_pool(told):
    panel = panels(told)["size"]
    for place, one in enumerate(rounds(told)):
        total = sum(series.y[place] for series in panel.series)
        assert total == one.space.pool * len(one.space.cells) - sum(map(len, one.space.untried))


def test_members_are_told_with_what_they_reach_trained_again(told):
    panel = panels(told)["members"]
    last = rounds(told)[-1]
    assert [row[0] for row in panel.table.rows] == [f"#{birth}" for birth, _, _ in last.front]
    again = [row for row in panel.table.rows if row[-1]]
    assert len(again) == min(6, len(last.front))
    assert ("Rank correlation" in panel.help) == (len(again) >= 5)


def test_where_paths_are_missing_the_panel_says_so(told):
    few = "3 of 20 paths with a cost from 1 to 2 found in 1000 draws; 997 had another cost, 0 were known"
    progress = dict(told.progress)
    progress["history"] = [*progress["history"][:-1], {**progress["history"][-1], "short": [few]}]
    assert few in panels(told._replace(progress=progress))["scores"].help
    assert few not in panels(told)["scores"].help
    record = told.births[:1]
    alone = RunHistory(births=record, progress={"short": [few]})
    assert panels(alone)["scores"].help == f"{few}."


def test_times_say_where_they_were_measured(told):
    where = {"device": "a processor", "threads": 2, "batch": 1}
    progress = {**told.progress, "resource": "latency", "measured": where}
    panel = panels(told._replace(progress=progress))["scores"]
    assert "a processor, 2 threads" in panel.help
    assert panel.x.unit == "ms"
