"""Structural mutations in their corners, and networks at the end of chains of operators: built and run."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from searchengine.core.setting import Setting
from searchengine.methods.assemblenet.describe import Frame, describe
from searchengine.methods.assemblenet.draft import Draft
from searchengine.methods.assemblenet.gates import Gates
from searchengine.methods.assemblenet.genome import Bounds, Genome, check_within
from searchengine.methods.assemblenet.operators import child, merge, mutated, random_genome, split
from searchengine.nets.build import build
from tests.engine.methods.assemblenet.published import FUSED, SMALL_BOUNDS, genome

ROOMY = SMALL_BOUNDS._replace(most=(4, 4, 4, 1))


def filtered(*filters: int, dilations: tuple[int, ...] = (1,) * 8) -> Genome:
    """Level 1 holds one block a number of ``filters``; levels 2 to 4 hold one odd block each."""
    stems = [("rgb", 1), ("flow", 1)]
    count = len(filters)
    first = [(1, [0, 1], width, d) for width, d in zip(filters, dilations, strict=False)]
    rest = [(2, list(range(2, 2 + count)), 15, 1), (3, [2 + count], 15, 1), (4, [3 + count], 31, 1)]
    return genome(26, 8, stems, [*first, *rest])


@pytest.mark.parametrize(
    ("filters", "able"),
    [((3,), set()), ((2,), set()), ((5, 3), set()), ((4,), {2}), ((6, 3), {2}), ((2, 4, 6), {3, 4})],
)
def test_split_takes_even_blocks_of_four_filters_and_more(filters: tuple[int, ...], able: set[int]) -> None:
    found = filtered(*filters)
    seen = set()
    for seed in range(40):
        draft = Draft.of(found)
        made = split(draft, ROOMY, np.random.default_rng(seed))
        if made is None:
            assert draft.nodes == Draft.of(found).nodes
            continue
        name, copy = made.nodes
        seen.add(name)
        half = found.node(name).filters / 2
        assert draft.nodes[name].filters == draft.nodes[copy].filters == half >= 2
        assert draft.total(1) == sum(filters)
    assert seen == able


def test_a_level_with_all_its_blocks_is_not_split() -> None:
    found = filtered(4, 4, 4, 4)
    assert split(Draft.of(found), ROOMY, np.random.default_rng(0)) is None
    assert split(Draft.of(filtered(4, 4, 4)), ROOMY, np.random.default_rng(0)) is not None


def test_the_last_level_is_never_split() -> None:
    found = genome(26, 8, [("rgb", 1)], [(1, [0], 3, 1), (2, [1], 3, 1), (3, [2], 3, 1), (4, [3], 32, 1)])
    assert split(Draft.of(found), ROOMY._replace(most=(4, 4, 4, 4)), np.random.default_rng(0)) is None


def test_the_copy_of_a_split_draws_its_dilation_uniformly_and_the_other_keeps_its_own() -> None:
    rng = np.random.default_rng(0)
    found = filtered(4, dilations=(2,))
    drawn: Counter[int] = Counter()
    for _ in range(900):
        draft = Draft.of(found)
        made = split(draft, ROOMY, rng)
        assert made is not None
        name, copy = made.nodes
        assert draft.nodes[name].dilation == 2
        assert made.arguments["dilation"] == draft.nodes[copy].dilation
        drawn[draft.nodes[copy].dilation] += 1
    assert set(drawn) == {1, 2, 4}
    # Five deviations of a binomial of 900 and one third.
    assert all(abs(count - 300) < 5 * np.sqrt(900 * 2 / 9) for count in drawn.values())


def test_a_merge_takes_the_dilation_of_either_block_equally_often() -> None:
    rng = np.random.default_rng(1)
    found = filtered(4, 6, dilations=(1, 4))
    drawn: Counter[int] = Counter()
    for _ in range(400):
        draft = Draft.of(found)
        made = merge(draft, ROOMY, rng)
        assert made is not None
        (name,) = made.nodes
        assert draft.nodes[name].filters == 10
        assert made.arguments["dilation"] == draft.nodes[name].dilation
        drawn[draft.nodes[name].dilation] += 1
    assert set(drawn) == {1, 4}
    assert abs(drawn[1] - 200) < 5 * 10


def test_merging_what_was_split_gives_the_filters_back() -> None:
    draft = Draft.of(filtered(8, dilations=(4,)))
    rng = np.random.default_rng(2)
    assert split(draft, ROOMY, rng) is not None
    assert merge(draft, ROOMY, rng) is not None
    assert [draft.nodes[name].filters for name in draft.at(1)] == [8]
    assert draft.total(1) == 8
    assert len(draft.edges) == len(list(filtered(8).edges))


def grown(bounds: Bounds, seed: int, steps: list[str]) -> Genome:
    """A founder changed by these operators, one after the other."""
    rng = np.random.default_rng(seed)
    found = random_genome(bounds, rng, stems=bounds.stems[0])
    for step in steps:
        if step == "guided":
            weights = {edge: float(rng.random()) for edge in found.weighted}
            found = child(found, weights, bounds, rng, threshold=0.5, mutations=2).genome
        elif step == "random":
            weights = dict.fromkeys(found.weighted, 0.3)
            found = child(found, weights, bounds, rng, threshold=0.5, mutations=1, rule="random").genome
        else:
            found = mutated(found, bounds, rng).genome
    return found


VARYING = SMALL_BOUNDS._replace(stems=(2, 6), most=(4, 4, 4, 2))
NETWORKS = Setting({"clip": (1, 4, 8, 8), "flow": (2, 4, 8, 8)}, 5)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    steps=st.lists(st.sampled_from(["guided", "random", "ordinary"]), min_size=1, max_size=4),
    varying=st.booleans(),
    head=st.sampled_from(["mean", "frame_softmax"]),
)
def test_any_chain_of_operators_ends_in_a_network_that_learns(
    seed: int, steps: list[str], varying: bool, head: str
) -> None:
    bounds = VARYING if varying else SMALL_BOUNDS
    found = grown(bounds, seed, steps)
    check_within(found, bounds)
    torch.manual_seed(seed)
    network = build(describe(found, NETWORKS, Frame(head=head)))  # type: ignore[arg-type]
    assert set(Gates(found).weights(network)) == set(found.weighted)
    with torch.no_grad():
        for name, value in network.named_parameters():
            if name.endswith("expand_norm.weight"):
                value.fill_(1.0)  # gammas of 0 would let no gradient through at first
    inputs = {name: torch.randn(3, *shape) for name, shape in NETWORKS.inputs.items()}
    out = network(*(inputs[name] for name in network.architecture.inputs))
    assert out.shape == (3, 5)
    assert torch.isfinite(out).all()
    functional.cross_entropy(out, torch.tensor([0, 1, 2])).backward()
    for name, value in network.named_parameters():
        assert value.grad is not None, f"{name} is not on the way from input to output"
        assert torch.isfinite(value.grad).all(), name
        assert name.endswith("space.weight") or value.grad.any() or "norm" in name, name
    assert all(
        network.get_submodule(f"block{block.id}.r2.reduce").weight.grad.any() for block in found.blocks
    )


def test_a_chain_of_operators_is_the_same_for_the_same_seed() -> None:
    steps = ["guided", "ordinary", "random"]
    assert grown(VARYING, 5, steps) == grown(VARYING, 5, steps)
    assert grown(VARYING, 5, steps) != grown(VARYING, 6, steps)
    assert FUSED.total(1) == grown(SMALL_BOUNDS, 5, steps).total(1)
