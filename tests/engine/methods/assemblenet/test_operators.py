"""Guided rewiring, structural mutations and repair: numbers of the published network, then properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.methods.assemblenet.draft import Draft
from searchengine.methods.assemblenet.genome import check_within, parse, to_json
from searchengine.methods.assemblenet.identity import canonical, key
from searchengine.methods.assemblenet.operators import (
    STRUCTURAL,
    child,
    fully_connected,
    merge,
    mutated,
    random_genome,
    read_off,
    rewire,
    split,
    stem,
    structural,
    temporal,
)
from tests.engine.methods.assemblenet.published import (
    ASN50,
    FUSED,
    PAPER_BOUNDS,
    SMALL_BOUNDS,
    WEIGHTS,
    weights_of,
)

LEARNED = weights_of(WEIGHTS, ASN50)
DROPPED = [(0, 6), (2, 6), (3, 6), (0, 8), (5, 8), (0, 9), (2, 9), (0, 10), (7, 10), (0, 11), (4, 12)]
BOUNDS = pytest.mark.parametrize("bounds", [SMALL_BOUNDS, PAPER_BOUNDS], ids=["small", "paper"])


def test_guided_rewiring_of_the_published_network():
    assert len(ASN50.weighted) == 28
    assert np.mean(list(LEARNED.values())) == pytest.approx(0.56391, abs=5e-6)
    draft = Draft.of(ASN50)
    found = rewire(draft, LEARNED, 0.5, np.random.default_rng(0))
    assert sorted(found.dropped) == sorted(DROPPED)
    assert found.q == pytest.approx(0.196429, abs=5e-7)
    kept = set(ASN50.edges) - set(DROPPED)
    assert kept <= set(draft.edges)
    assert {target for _, target in kept} == {block.id for block in ASN50.blocks}
    assert {source for source, _ in kept} == set(range(14)), "after the drop every node still has a reader"


def test_rewiring_keeps_the_expected_number_of_connections():
    sizes, added = [], []
    for seed in range(3000):
        draft = Draft.of(ASN50)
        found = rewire(draft, LEARNED, 0.5, np.random.default_rng(seed))
        assert not set(found.added) & set(DROPPED), "what was dropped does not come back in the same step"
        sizes.append(len(draft.edges))
        added.append(len(found.added))
    assert np.mean(sizes) == pytest.approx(30, abs=4 * np.std(sizes) / np.sqrt(len(sizes)))
    assert np.std(added) > 1, "as many as chance says, not a fixed number"


def test_the_threshold_is_inclusive_and_on_the_weight_not_the_logit():
    draft = Draft.of(FUSED)
    weights = dict.fromkeys(FUSED.weighted, 0.5) | {(0, 4): 0.51, (2, 4): 0.62}
    dropped = rewire(draft, weights, 0.5, np.random.default_rng(0)).dropped
    assert {(0, 4), (2, 4)} == set(FUSED.weighted) - set(dropped)


def test_all_above_the_threshold_changes_nothing_and_all_below_leaves_only_inputs():
    draft = Draft.of(ASN50)
    found = rewire(draft, dict.fromkeys(ASN50.weighted, 0.9), 0.5, np.random.default_rng(0))
    assert (found.dropped, found.added, found.q) == ((), (), 0.0)
    assert draft.edges == list(ASN50.edges)
    draft = Draft.of(ASN50)
    found = rewire(draft, dict.fromkeys(ASN50.weighted, 0.2), 0.5, np.random.default_rng(0))
    assert set(draft.edges) - set(found.added) == {(1, 4), (0, 5)}


def test_random_rewiring_drops_as_many_but_others():
    seen = set()
    for seed in range(40):
        draft = Draft.of(ASN50)
        found = rewire(draft, LEARNED, 0.5, np.random.default_rng(seed), "random")
        assert len(found.dropped) == len(DROPPED)
        assert found.q == pytest.approx(11 / 56)
        assert set(found.dropped) <= set(ASN50.weighted)
        seen.update(found.dropped)
    assert seen == set(ASN50.weighted)


def test_a_graph_with_every_connection_adds_none():
    genome = fully_connected(FUSED)
    draft = Draft.of(genome)
    found = rewire(draft, dict.fromkeys(genome.weighted, 0.1), 0.5, np.random.default_rng(0))
    assert (found.q, found.added) == (0.0, ())


@BOUNDS
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 6))
def test_any_chain_of_operators_keeps_every_invariant(bounds, seed, count):
    rng = np.random.default_rng(seed)
    genome = random_genome(bounds, rng)
    check_within(genome, bounds)
    for _ in range(count):
        weights = {edge: float(rng.random()) for edge in genome.weighted}
        made = child(genome, weights, bounds, rng, threshold=0.5, mutations=int(rng.integers(1, 4)))
        check_within(made.genome, bounds)
        assert parse(to_json(made.genome)) == made.genome
        assert canonical(made.genome) == made.genome
        assert all(change.text for change in made.changes)
        assert {was for was, _ in made.nodes} <= {node.id for node in genome.nodes}
        assert {now for _, now in made.nodes} <= {node.id for node in made.genome.nodes}
        genome = made.genome


@BOUNDS
def test_what_a_child_tells_is_what_was_done(bounds):
    rng = np.random.default_rng(4)
    for _ in range(100):
        parent = random_genome(bounds, rng)
        weights = {edge: float(rng.random()) for edge in parent.weighted}
        made = child(parent, weights, bounds, rng, threshold=0.5, mutations=0)
        told = made.changes[0].arguments
        number = dict(made.nodes)
        dropped = {(number[s], number[t]) for s, t in told["dropped"]}
        added = {(s, t) for s, t in told["added"]}
        repaired = {(s, t) for s, t in told["repaired"]}
        before = {(number[s], number[t]) for s, t in parent.edges}
        assert set(made.genome.edges) == (before - dropped) | added | repaired
        weak = {(number[s], number[t]) for (s, t), weight in weights.items() if weight <= 0.5}
        assert dropped == weak


def test_split_halves_a_block_and_both_halves_feed_its_readers():
    rng = np.random.default_rng(0)
    draft = Draft.of(FUSED)
    made = split(draft, SMALL_BOUNDS, rng)
    name, copy = made.nodes
    assert draft.nodes[name].filters == draft.nodes[copy].filters == FUSED.node(name).filters // 2
    assert draft.inputs[name] == draft.inputs[copy] == set(FUSED.node(name).inputs)
    for block in FUSED.blocks:
        assert (name in block.inputs) == (copy in draft.inputs[block.id])
    for _ in range(200):
        chosen = Draft.of(FUSED)
        found = split(chosen, SMALL_BOUNDS, rng)
        assert chosen.nodes[found.nodes[0]].level < 4
        assert len(chosen.at(3)) <= 2


def test_split_needs_room_and_an_even_number():
    crowded = SMALL_BOUNDS._replace(most=(2, 2, 1, 1))
    assert split(Draft.of(FUSED), crowded, np.random.default_rng(0)) is None


def test_merge_adds_filters_and_unites_inputs_and_readers():
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(50):
        draft = Draft.of(ASN50)
        made = merge(draft, PAPER_BOUNDS, rng)
        (name,) = made.nodes
        gone = made.arguments["gone"]
        seen.add(ASN50.node(name).level)
        assert draft.nodes[name].filters == ASN50.node(name).filters + ASN50.node(gone).filters
        assert draft.inputs[name] == set(ASN50.node(name).inputs) | set(ASN50.node(gone).inputs)
        readers = {b.id for b in ASN50.blocks if name in b.inputs or gone in b.inputs}
        assert set(draft.readers(name)) == readers
        assert draft.nodes[name].dilation in {ASN50.node(name).dilation, ASN50.node(gone).dilation}
    assert seen == {1, 2, 3}


def test_temporal_resolution_is_never_a_gene_of_a_flow_stem():
    rng = np.random.default_rng(2)
    seen = set()
    for _ in range(200):
        draft = Draft.of(ASN50)
        made = temporal(draft, PAPER_BOUNDS, rng)
        (name,) = made.nodes
        seen.add(name)
        assert draft.nodes[name].kind != "flow"
        assert draft.nodes[name].dilation != ASN50.node(name).dilation
    assert seen == {0, 1, *range(4, 15)}


def test_stems_come_and_go_within_limits_and_never_the_last_of_a_stream():
    bounds = SMALL_BOUNDS._replace(stems=(2, 6))
    rng = np.random.default_rng(3)
    genome = FUSED
    counts = set()
    for _ in range(150):
        draft = Draft.of(genome)
        if stem(draft, bounds, rng) is None:
            continue
        draft.repair(rng)
        genome, _ = draft.settled()
        check_within(genome, bounds)
        assert {one.kind for one in genome.stems} == {"rgb", "flow"}
        counts.add(len(genome.stems))
    assert counts == {2, 3, 4, 5, 6}


def test_structural_mutations_are_drawn_uniformly():
    rng = np.random.default_rng(5)
    names = [structural(Draft.of(ASN50), PAPER_BOUNDS._replace(most=(8, 8, 8, 2)), rng).operator
             for _ in range(900)]  # fmt: skip
    for name in STRUCTURAL:
        assert 0.27 < names.count(name) / 900 < 0.4


def test_repair_gives_every_block_an_input_and_every_node_a_reader():
    draft = Draft.of(FUSED)
    for read in draft.inputs.values():
        read.clear()
    draft.repair(np.random.default_rng(0))
    genome, _ = draft.settled()
    check_within(genome, SMALL_BOUNDS)
    assert len(draft.repaired) == len(list(genome.edges))


@BOUNDS
def test_a_first_graph_is_over_connected(bounds):
    rng = np.random.default_rng(6)
    shares = []
    for _ in range(200):
        genome = random_genome(bounds, rng)
        possible = len(list(Draft.of(genome).admissible()))
        shares.append(len(list(genome.edges)) / possible)
        assert len(genome.at(4)) == 1
        assert [one.kind for one in genome.stems] == ["rgb", "rgb", "flow", "flow"]
    assert 0.45 < np.mean(shares) < 0.7
    whole = random_genome(bounds, rng, connection=1.0)
    assert list(whole.edges) == Draft.of(whole).admissible()


def test_ordinary_mutation_changes_one_thing_and_reads_no_weights():
    rng = np.random.default_rng(7)
    for _ in range(60):
        made = mutated(ASN50, PAPER_BOUNDS, rng)
        check_within(made.genome, PAPER_BOUNDS)
        told = made.changes[0].arguments
        structural_changes = [change for change in made.changes if change.operator != "rewire"]
        assert len(told["dropped"]) + len(told["added"]) + len(structural_changes) == 1


def test_reading_connections_off_one_training():
    made = read_off(ASN50, LEARNED, 0.5, np.random.default_rng(0))
    assert len(list(made.genome.edges)) == 19
    assert key(made.genome) != key(ASN50)
