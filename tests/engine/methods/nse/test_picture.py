"""The picture of a birth: branches of a network in a row of cells, strips of operations of a space."""

import pytest

from searchengine import catalogue
from searchengine.methods.nse.gates import probability
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, parse, to_json
from searchengine.methods.nse.picture import picture
from searchengine.report.history import FoundRow
from searchengine.report.picture import Portrayed
from tests.engine.methods.nse.cases import SMALL
from tests.engine.methods.nse.test_search import DIGITS, exact, run

PATH = ((0,), (1, 4), (), (3,), (7,), (), (0, 2, 12))


def test_it_is_what_the_catalogue_offers():
    assert catalogue.picture("nse") is picture


def test_a_network_has_a_column_a_cell_and_vanished_cells_are_marked():
    found = picture(Portrayed(5, to_json(PathGenome(SMALL, PATH))), None, DIGITS)
    assert found.title == "#5"
    assert found.lanes == ("image", "0 N", "1 R", "2 N", "3 N", "4 E", "5 N", "6 N", "classes")
    by_lane: dict[int, list] = {}
    for node in found.nodes:
        by_lane.setdefault(node.lane, []).append(node)
    assert [node.place for lane in by_lane.values() for node in lane] == [
        place for lane in by_lane.values() for place in range(len(lane))
    ]
    titles = {lane: [node.title for node in nodes] for lane, nodes in by_lane.items()}
    assert titles[1] == ["identity", SMALL.ops[0].label]
    assert titles[2] == [SMALL.ops[1].label, SMALL.ops[4].label]
    assert titles[3] == ["identity"]
    assert titles[7] == ["identity", *(SMALL.ops[op].label for op in (0, 2, 12))]
    gone = [node.name for node in found.nodes if node.status == "removed"]
    assert gone == ["c2-identity", "c5-identity"]
    assert "2 of the 7 cells hold nothing" in found.help
    # Everything in one column feeds everything in the next.
    assert len(found.edges) == 1 * 2 + 2 * 2 + 2 * 1 + 1 * 2 + 2 * 1 + 1 * 1 + 1 * 4 + 4
    assert {edge.weight for edge in found.edges} == {None}


def test_widths_and_sizes_follow_the_cells():
    found = picture(Portrayed(5, to_json(PathGenome(SMALL, PATH))), None, DIGITS)
    lines = {node.name: node.lines for node in found.nodes}
    assert lines["stem"] == ("8 channels, 8×8",)
    assert lines["c1-op1"][0] == "16 channels, 4×4"
    assert lines["c4-op7"][0] == "24 channels, 4×4"
    assert lines["tail"] == ("64 channels, 4×4", "mean, classes")


@pytest.fixture(scope="module")
def done():
    return run(exact)


def test_a_space_is_coloured_by_its_gates_and_says_what_is_new_locked_and_pruned(done):
    births = [birth for birth in done.births if "space" in birth.genome]
    assert len(births) > 1
    reports = {
        number: report
        for report in done.told
        for number in report.subjects
        if report.kind == "train_supernet"
    }
    for birth in births:
        space = parse(birth.genome)
        assert isinstance(space, SpaceGenome)
        findings = dict(reports[birth.number].findings)
        # One operation of cell 0 pruned on the way.
        gone = findings["active"][0][-1]
        findings["active"] = [findings["active"][0][:-1], *findings["active"][1:]]
        findings["alphas"] = [findings["alphas"][0][:-1], *findings["alphas"][1:]]
        found = picture(Portrayed(birth.number, birth.genome, findings=findings), None, DIGITS)
        nodes = {node.name: node for node in found.nodes}
        for cell, ops in enumerate(space.space.active):
            for op in ops:
                node = nodes[f"c{cell}-op{op}"]
                locked = op in space.space.locked[cell]
                assert node.badges == (("locked",) if locked else ("new",))
                if (cell, op) == (0, gone):
                    assert (node.status, node.mix) == ("removed", None)
                    assert "pruned" in node.lines
                else:
                    assert node.status == ("" if locked else "added")
                    assert 0 < node.mix < 1
            waiting = len(space.space.pending[cell])
            assert (f"c{cell}-pending" in nodes) == bool(waiting)
        assert found.ends == ("rarely on", "nearly always on")
        assert not found.edges


def test_before_training_ends_a_space_has_no_colour(done):
    found = picture(Portrayed(0, done.births[0].genome), None, DIGITS)
    assert {node.mix for node in found.nodes} == {None}
    assert "removed" not in {node.status for node in found.nodes}


def test_while_it_trains_a_space_is_coloured_by_its_gates_so_far(done):
    genome = done.births[0].genome
    active = [list(ops) for ops in parse(genome).space.active]
    gone = active[0].pop()
    told = {"active": active, "alphas": [[0.4] * len(ops) for ops in active]}
    row = FoundRow(0, "train_supernet", (0,), 350, 700, told)
    found = picture(Portrayed(0, genome, so_far=row), None, DIGITS)
    assert found.legend == ("it trains: gates as they are at step 350 of 700",)
    nodes = {node.name: node for node in found.nodes}
    assert (nodes[f"c0-op{gone}"].status, nodes[f"c0-op{gone}"].mix) == ("removed", None)
    for cell, ops in enumerate(active):
        assert all(nodes[f"c{cell}-op{op}"].mix == pytest.approx(probability(0.4), abs=1e-4) for op in ops)
    # What another kind of job says of the space is none of the picture's business.
    other = picture(Portrayed(0, genome, so_far=row._replace(kind="measure_latency")), None, DIGITS)
    assert other == picture(Portrayed(0, genome), None, DIGITS)


def test_the_end_of_training_stands_over_what_it_told_on_the_way(done):
    genome = done.births[0].genome
    active = [list(ops) for ops in parse(genome).space.active]
    ended = {"active": active, "alphas": [[0.1] * len(ops) for ops in active]}
    row = FoundRow(0, "train_supernet", (0,), 350, 700, {"active": [[]] * 7, "alphas": [[]] * 7})
    after = picture(Portrayed(0, genome, findings=ended, so_far=row), None, DIGITS)
    assert after == picture(Portrayed(0, genome, findings=ended), None, DIGITS)
