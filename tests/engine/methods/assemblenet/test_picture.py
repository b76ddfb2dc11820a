"""The picture of a birth: lanes, weights, shares of streams, and what came and went beside its parent."""

from dataclasses import replace

import numpy as np
import pytest

from searchengine import catalogue
from searchengine.methods.assemblenet.connections import by_block, curve_name
from searchengine.methods.assemblenet.dropped import continued, place_dropped
from searchengine.methods.assemblenet.genome import to_json
from searchengine.methods.assemblenet.operators import child, mutated, random_genome, read_off
from searchengine.methods.assemblenet.picture import flow_share, picture
from searchengine.report.picture import Portrayed
from tests.engine.methods.assemblenet.published import (
    ASN50,
    FUSED,
    LATE,
    PAPER_BOUNDS,
    SMALL_BOUNDS,
    SMALL_DATA,
    WEIGHTS,
    genome,
    weights_of,
)

VIDEOS = replace(SMALL_DATA, shape=(3, 32, 224, 224))
PUBLISHED = Portrayed(7, to_json(ASN50), findings={"weights": WEIGHTS})
LEARNED = weights_of(WEIGHTS, ASN50)
BOUNDS = pytest.mark.parametrize("bounds", [SMALL_BOUNDS, PAPER_BOUNDS], ids=["small", "paper"])


def pairs(edges):
    return {(int(edge.source[1:]), int(edge.target[1:])) for edge in edges}


def of_status(found, *status):
    return pairs(edge for edge in found.edges if edge.status in status)


def test_it_is_what_the_catalogue_offers():
    assert catalogue.picture("assemblenet") is picture


def test_nodes_stand_in_their_lanes_in_order():
    found = picture(PUBLISHED, None, VIDEOS)
    assert found.lanes == ("streams", "level 1", "level 2", "level 3", "level 4")
    assert [(node.lane, node.place) for node in found.nodes] == [
        *((0, place) for place in range(4)), *((1, place) for place in range(4)),
        *((2, place) for place in range(4)), (3, 0), (3, 1), (4, 0),
    ]  # fmt: skip
    titles = [node.title for node in found.nodes]
    assert titles[:5] == ["RGB 0", "RGB 1", "flow 2", "flow 3", "block 4"]
    assert found.nodes[0].lines[0] == "32 channels · dilation 4"
    assert found.nodes[2].lines[0] == "32 channels", "the dilation of a flow stem means nothing"
    assert found.nodes[13].lines[0] == "256 filters · dilation 4"
    assert found.title == "#7"
    assert found.ends == ("RGB", "flow")


def test_connections_carry_what_they_learned_and_weak_ones_are_faint():
    found = picture(PUBLISHED, None, VIDEOS)
    drawn = {(int(edge.source[1:]), int(edge.target[1:])): edge for edge in found.edges}
    assert list(drawn) == list(ASN50.edges)
    assert {edge: one.weight for edge, one in drawn.items() if one.weight is not None} == LEARNED
    assert drawn[(0, 5)].weight is None, "the only input of a block has no weight"
    faint = {edge for edge, one in drawn.items() if one.faint}
    assert faint == {edge for edge, weight in LEARNED.items() if weight <= 0.5}
    assert len(faint) == 11
    assert {one.status for one in found.edges} == {""}
    assert found.legend == ("dashed: weight 0.5 or less",)
    assert found.notes == ()


def test_a_weight_of_exactly_one_half_is_faint():
    weights = {"4": [0.5, 0.5001]}
    found = picture(Portrayed(0, to_json(FUSED), findings={"weights": weights}), None, SMALL_DATA)
    drawn = {(edge.source, edge.target): edge.faint for edge in found.edges}
    assert drawn[("n0", "n4")] is True
    assert drawn[("n2", "n4")] is False


SMALL_GRAPH = genome(
    26, 8, [("rgb", 1), ("flow", 1)],
    [(1, [0, 1], 8, 1), (2, [1, 2], 16, 1), (3, [3], 16, 1), (4, [0, 3, 4], 32, 1)],
)  # fmt: skip


def test_shares_of_flow_by_hand():
    weights = {(0, 2): 0.6, (1, 2): 0.2, (1, 3): 0.3, (2, 3): 0.9, (0, 5): 0.1, (3, 5): 0.5, (4, 5): 0.8}
    second = 0.2 / 0.8
    third = (0.3 + 0.9 * second) / (0.3 + 0.9)
    last = (0.5 + 0.8) * third / (0.1 + 0.5 + 0.8)
    found = flow_share(SMALL_GRAPH, weights)
    assert found == pytest.approx({0: 0.0, 1: 1.0, 2: second, 3: third, 4: third, 5: last})
    assert found[3] == pytest.approx(0.4375)
    birth = Portrayed(0, to_json(SMALL_GRAPH), findings={"weights": by_block(SMALL_GRAPH, weights)})
    mixes = [node.mix for node in picture(birth, None, SMALL_DATA).nodes]
    assert mixes == [round(found[node], 3) for node in range(6)]


def test_without_weights_everything_counts_alike():
    assert flow_share(SMALL_GRAPH, {}) == pytest.approx({0: 0, 1: 1, 2: 0.5, 3: 0.75, 4: 0.75, 5: 0.5})
    assert flow_share(SMALL_GRAPH, {(0, 2): 0.0, (1, 2): 0.0})[2] == 0.0, "nothing reaches it"
    found = picture(Portrayed(0, to_json(SMALL_GRAPH)), None, SMALL_DATA)
    assert {edge.weight for edge in found.edges} == {None}
    assert not any(edge.faint for edge in found.edges)
    assert found.legend == ()


CURVE = tuple(
    {"step": step, **dict.fromkeys(map(curve_name, FUSED.weighted), weight)}
    for step, weight in ((10, 0.1), (20, 0.2), (30, 0.3))
)


def test_weights_move_live_before_there_are_findings():
    rows = ({"step": 5, "train_loss": 2.0}, *CURVE)
    found = picture(Portrayed(0, to_json(FUSED), curve=rows), None, SMALL_DATA)
    assert {edge.weight for edge in found.edges} == {0.3}
    assert {edge.trace for edge in found.edges} == {(0.1, 0.2, 0.3)}
    assert all(edge.faint for edge in found.edges)


def test_findings_stand_before_the_curve_and_traces_stay():
    weights = by_block(FUSED, dict.fromkeys(FUSED.weighted, 0.9))
    found = picture(
        Portrayed(0, to_json(FUSED), findings={"weights": weights}, curve=CURVE), None, SMALL_DATA
    )
    assert {edge.weight for edge in found.edges} == {0.9}
    assert {len(edge.trace) for edge in found.edges} == {3}


def test_a_graph_without_weighted_connections_is_drawn():
    found = picture(Portrayed(0, to_json(LATE), findings={"weights": {}}), None, SMALL_DATA)
    assert len(found.edges) == 8
    assert [node.mix for node in found.nodes] == [0, 1] * 5
    assert found.notes == ()


def test_nodes_say_what_they_give_out(space):
    network = space.describe(to_json(FUSED), SMALL_DATA.setting())
    found = picture(Portrayed(0, to_json(FUSED), network=network), None, SMALL_DATA)
    assert found.nodes[0].lines == ("2 channels · dilation 1", "2×8×8×8")
    assert found.nodes[9].lines == ("32 filters · dilation 1", "128×8×2×2")


# --- beside its parent -----------------------------------------------------------------------------


def family(parent, weights, made):
    """The pictures of a child and its parent's portrait."""
    findings = {"weights": by_block(parent, weights)}
    return picture(
        Portrayed(9, to_json(made.genome), made.changes), Portrayed(4, to_json(parent), (), findings), VIDEOS
    )


def test_a_merged_block_shows_what_both_halves_lost():
    """In FUSED, blocks 4 and 5 are the first level; merged into one, what either lost is drawn at it."""
    lost = {(0, 4), (1, 5)}
    weights = {edge: 0.1 if edge in lost else 0.9 for edge in FUSED.weighted}
    kept, gone = 4, 5
    seen = set()
    for seed in range(400):
        made = child(FUSED, weights, SMALL_BOUNDS, np.random.default_rng(seed), threshold=0.5, mutations=1)
        merge = next((change for change in made.changes if change.operator == "merge"), None)
        if merge is None or merge.arguments["gone"] not in (kept, gone):
            continue
        (one,) = merge.arguments["nodes"]
        red = {edge for edge in of_status(family(FUSED, weights, made), "removed") if edge[1] == one}
        stems = {source for source, target in lost if (source, one) not in set(made.genome.edges)}
        assert red == {(dict(made.nodes).get(source, -1), one) for source in stems}
        seen.add(len(red))
    assert max(seen) > 0


def test_a_block_merged_twice_is_followed_and_what_lies_nowhere_is_counted():
    rng = np.random.default_rng(5)
    hidden = 0
    for _ in range(200):
        parent = random_genome(SMALL_BOUNDS, rng)
        weights = {edge: round(float(rng.random()), 4) for edge in parent.weighted}
        made = child(parent, weights, SMALL_BOUNDS, rng, threshold=0.5, mutations=3)
        found = family(parent, weights, made)
        placed = place_dropped(parent, made.changes, set(made.genome.edges))
        gone = {tuple(edge) for edge in made.changes[0].arguments["dropped"]}
        assert sum(map(len, placed.drawn.values())) + placed.hidden == len(gone)
        assert of_status(found, "removed") == set(placed.drawn)
        told = [line for line in found.legend if "dropped and not drawn" in line]
        assert told == (
            [] if not placed.hidden else [line for line in told if line.startswith(f"{placed.hidden} ")]
        )
        assert bool(told) == bool(placed.hidden)
        hidden += placed.hidden
    assert hidden > 0


@pytest.mark.parametrize(
    ("params", "limit"),
    [({"threshold": 0.3}, 0.3), ({"threshold": 0.3, "threshold_rule": "uniform"}, None), ({}, 0.5)],
)
def test_dashes_follow_the_threshold_in_force(params, limit):
    found = picture(PUBLISHED._replace(params=params), None, VIDEOS)
    faint = pairs(edge for edge in found.edges if edge.faint)
    assert faint == {edge for edge, weight in LEARNED.items() if limit is not None and weight <= limit}
    words = "nothing is dashed: every child draws a threshold of its own"
    assert found.legend == (words if limit is None else f"dashed: weight {limit:g} or less",)


def test_red_connections_are_dashed_by_the_same_threshold():
    made = child(ASN50, LEARNED, PAPER_BOUNDS, np.random.default_rng(0), threshold=0.9, mutations=0)
    before = Portrayed(4, to_json(ASN50), (), {"weights": WEIGHTS})
    birth = Portrayed(9, to_json(made.genome), made.changes, params={"threshold": 0.9})
    red = [edge for edge in picture(birth, before, VIDEOS).edges if edge.status == "removed"]
    assert any(edge.weight > 0.5 for edge in red)
    assert all(edge.faint for edge in red)


def families(bounds, mutations, count=60, **how):
    """Children of random graphs with random weights, each with its picture."""
    rng = np.random.default_rng(11)
    for _ in range(count):
        parent = random_genome(bounds, rng)
        weights = {edge: round(float(rng.random()), 4) for edge in parent.weighted}
        made = child(parent, weights, bounds, rng, threshold=0.5, mutations=mutations, **how)
        yield parent, weights, made, family(parent, weights, made)


@BOUNDS
@pytest.mark.parametrize("rule", ["guided", "random"])
def test_a_rewired_child_is_its_parent_without_the_red_and_with_the_rest(bounds, rule):
    repaired = 0
    for parent, weights, made, found in families(bounds, 0, rule=rule):
        now = dict(made.nodes)
        assert len(now) == len(parent.nodes)
        before = {(now[source], now[target]) for source, target in parent.edges}
        red = of_status(found, "removed")
        assert of_status(found, "") == before & set(made.genome.edges) - of_status(found, "repaired")
        assert red == before - set(made.genome.edges)
        fresh = of_status(found, "added", "repaired")
        assert set(made.genome.edges) == (before - red) | fresh
        told = {(now[source], now[target]): weight for (source, target), weight in weights.items()}
        if rule == "guided":
            assert all(told[edge] <= 0.5 for edge in red)
        for edge in found.edges:
            if edge.status == "removed":
                assert edge.weight == told[(int(edge.source[1:]), int(edge.target[1:]))]
                assert edge.faint == (edge.weight <= 0.5)
        repaired += len(of_status(found, "repaired"))
    assert repaired > 0


@BOUNDS
def test_red_connections_join_nodes_that_went_on_whatever_else_was_done(bounds):
    for parent, _, made, found in families(bounds, 3):
        names = {node.name: node for node in found.nodes}
        there = set(made.genome.edges)
        assert of_status(found, "", "added", "repaired") == there
        assert len(found.edges) == len({(edge.source, edge.target) for edge in found.edges})
        went_on: dict[int, set[int]] = {}
        for was, now in (*made.nodes, *continued(parent, made.changes).items()):
            assert parent.node(was).level == made.genome.node(now).level
            went_on.setdefault(was, set()).add(now)
        dropped = {tuple(edge) for edge in made.changes[0].arguments["dropped"]}
        assert dropped <= set(parent.edges)
        for source, target in of_status(found, "removed"):
            assert (source, target) not in there
            assert any(source in went_on.get(s, ()) and target in went_on.get(t, ()) for s, t in dropped)
            assert names[f"n{source}"].lane < names[f"n{target}"].lane
        told = made.changes[0].arguments
        assert of_status(found, "repaired") == {tuple(edge) for edge in told["repaired"]}
        assert of_status(found, "added", "repaired") >= {tuple(edge) for edge in told["added"]}


@BOUNDS
def test_badges_name_the_structural_mutation_at_the_nodes_it_made(bounds):
    seen = set()
    for parent, _, made, found in families(bounds, 1, count=150):
        badges = {int(node.name[1:]): node.badges for node in found.nodes if node.badges}
        (change,) = made.changes[1:] or [None]
        if change is None:
            assert badges == {}
            continue
        seen.add(change.operator)
        graph, was = made.genome, {now: before for before, now in made.nodes}
        if change.operator == "split":
            one, other = badges
            assert badges == {one: ("split",), other: ("split",)}
            assert was[one] == was[other]
            assert graph.node(one).filters + graph.node(other).filters == parent.node(was[one]).filters
        elif change.operator == "merge":
            ((one, words),) = badges.items()
            assert words == ("merged",)
            assert graph.node(one).filters > parent.node(was[one]).filters
        else:
            ((one, words),) = badges.items()
            assert words == ("dilation",)
            assert graph.node(one).dilation != parent.node(was[one]).dilation
    assert seen == {"split", "merge", "temporal"}


def test_a_new_stem_has_a_badge_and_its_connections_are_repairs():
    bounds = SMALL_BOUNDS._replace(stems=(2, 6))
    rng = np.random.default_rng(3)
    come = gone = 0
    for _ in range(200):
        made = child(FUSED, dict.fromkeys(FUSED.weighted, 0.9), bounds, rng, threshold=0.5, mutations=1)
        found = family(FUSED, {}, made)
        stems = len(made.genome.stems)
        new = {node.name for node in found.nodes if node.badges == ("new",)}
        assert len(new) == max(0, stems - 4)
        if stems > 4:
            come += 1
            assert {edge.status for edge in found.edges if edge.source in new} == {"repaired"}
        gone += stems < 4
    assert come > 0
    assert gone > 0


def test_alone_a_child_shows_no_differences():
    made = child(ASN50, LEARNED, PAPER_BOUNDS, np.random.default_rng(0), threshold=0.5, mutations=2)
    found = picture(Portrayed(9, to_json(made.genome), made.changes), None, VIDEOS)
    assert {edge.status for edge in found.edges} == {""}
    assert not any(node.badges for node in found.nodes)
    assert not any("red" in line for line in found.legend)


def test_the_title_names_both_and_the_legend_says_what_was_dropped():
    rng = np.random.default_rng(0)
    guided = child(ASN50, LEARNED, PAPER_BOUNDS, rng, threshold=0.25, mutations=0)
    found = family(ASN50, LEARNED, guided)
    rate = guided.changes[0].arguments["q"]
    assert found.title == "#9, from #4"
    assert found.legend == (
        "red: dropped, weight 0.25 or less in the parent",
        f"q {rate:.2f}: the probability with which each absent connection was added",
        "green: added; orange: added so that every node is read and reads",
    )
    any_of_them = child(ASN50, LEARNED, PAPER_BOUNDS, rng, threshold=0.25, mutations=0, rule="random")
    for made in (any_of_them, mutated(ASN50, PAPER_BOUNDS, rng)):
        assert "red: dropped, any of the weighted" in family(ASN50, LEARNED, made).legend
    off = family(ASN50, LEARNED, read_off(ASN50, LEARNED, 0.5, rng))
    assert "red: dropped, weight 0.5 or less in the parent" in off.legend
    assert len(of_status(off, "removed")) == 11


# --- what a reader must not miss -------------------------------------------------------------------


def test_weights_that_did_not_move_are_told():
    stuck = dict.fromkeys(FUSED.weighted, 0.54)
    (note,) = picture(
        Portrayed(0, to_json(FUSED), findings={"weights": by_block(FUSED, stuck)}), None, SMALL_DATA
    ).notes
    assert "the logits do not learn" in note
    moved = {**stuck, FUSED.weighted[0]: 0.56}
    birth = Portrayed(0, to_json(FUSED), findings={"weights": by_block(FUSED, moved)})
    assert picture(birth, None, SMALL_DATA).notes == ()
    assert picture(Portrayed(0, to_json(FUSED)), None, SMALL_DATA).notes == (), "nothing was trained yet"


@pytest.mark.parametrize(("frames", "idle"), [(5, ()), (4, (8,)), (2, (1, 5, 6, 8))])
def test_a_dilation_that_reaches_beyond_the_clip_is_told(frames, idle):
    data = replace(SMALL_DATA, shape=(1, frames, 16, 16))
    found = picture(Portrayed(0, to_json(FUSED)), None, data)
    beyond = {node.name for node in found.nodes if "beyond the clip" in node.lines}
    assert beyond == {f"n{number}" for number in idle}
    if not idle:
        assert found.notes == ()
    else:
        (note,) = found.notes
        assert note.startswith(f"The dilation of {', '.join(map(str, idle))} reaches beyond the clip of ")
        assert f"{frames} frames" in note


def test_flow_stems_are_never_beyond_the_clip():
    data = replace(SMALL_DATA, shape=(1, 2, 16, 16))
    found = genome(
        26, 8, [("rgb", 1), ("flow", 8)],
        [(1, [0, 1], 8, 1), (2, [2], 16, 1), (3, [3], 16, 1), (4, [4], 32, 1)],
    )  # fmt: skip
    assert picture(Portrayed(0, to_json(found)), None, data).notes == ()
