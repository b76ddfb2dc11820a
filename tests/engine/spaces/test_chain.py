"""The chain space: genomes, operators, networks, costs."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine import catalogue
from searchengine.core.errors import DataRefused, InfeasibleArchitecture, InvalidGenome
from searchengine.core.generator import first_generator
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.setting import DataSummary, Fidelity
from searchengine.spaces.chain import genome as code
from searchengine.spaces.chain.operators import Options, fits, mutate, random_chain
from searchengine.spaces.chain.space import WIDTHS
from searchengine.testing.data import TINY_CLIPS, TINY_IMAGES

BLOCK = {"channels": 8, "kernel": 3, "stride": 1, "pool": False, "activation": "relu"}
DIGITS = DataSummary("digits", "Digits", "d" * 32, "images", (1, 8, 8), tuple("0123456789"), {"train": 10})
seeds = st.integers(0, 2**32)
sides = st.integers(1, 40)


@given(seed=seeds, side=sides, most=st.integers(1, 4))
@settings(deadline=None, max_examples=80)
def test_random_chains_are_valid_and_leave_pixels_for_every_pool(seed: int, side: int, most: int) -> None:
    options = Options(WIDTHS, most, side)
    genome = random_chain(options, first_generator(seed))
    code.check(genome, widths=WIDTHS, most_blocks=most)
    assert fits(genome["blocks"], side)
    assert loads(dumps(genome)) == genome


@given(seed=seeds, side=sides)
@settings(deadline=None, max_examples=80)
def test_a_mutation_changes_one_thing_says_which_and_leaves_its_parent_alone(seed: int, side: int) -> None:
    rng = first_generator(seed)
    options = Options(WIDTHS, 4, side)
    parent = random_chain(options, rng)
    before = copy.deepcopy(parent)
    child = mutate(parent, options, rng)
    assert parent == before
    code.check(child.genome, widths=WIDTHS, most_blocks=4)
    assert code.key(child.genome) != code.key(parent)
    (change,) = child.changes
    blocks = [dict(block) for block in parent["blocks"]]
    place = change.arguments["block"]
    if change.operator == "gene":
        assert blocks[place][change.arguments["gene"]] == change.arguments["from"]
        blocks[place][change.arguments["gene"]] = change.arguments["to"]
    elif change.operator == "add_block":
        blocks.insert(place, change.arguments["genes"])
    else:
        blocks.pop(place)
    assert code.make(blocks) == child.genome


def test_parameters_and_multiply_adds_of_a_hand_counted_chain() -> None:
    space = catalogue.space("chain", {}, DIGITS)
    genome = code.make([{**BLOCK, "pool": True}, {**BLOCK, "channels": 16, "kernel": 1, "stride": 2}])
    network = space.describe(genome, DIGITS.setting())
    # conv 1→8, 3×3: 72; norm 16; conv 8→16, 1×1: 128; norm 32; linear 16→10: 170
    assert network.parameters == 72 + 16 + 128 + 32 + 170
    # 8×8 outputs × 72; after the pool 4×4, stride 2 → 2×2 outputs × 128; 160
    assert network.macs == 64 * 72 + 4 * 128 + 160
    assert network.features == ("block2.activation",)


def test_fidelity_divides_the_widths() -> None:
    space = catalogue.space("chain", {}, TINY_IMAGES)
    genome = code.make([{**BLOCK, "channels": 16}])
    half = space.describe(genome, TINY_IMAGES.setting(Fidelity(channels=2)))
    assert half.node("block1.conv").shape == (8, 16, 16)


def test_the_cost_of_an_evaluation_is_multiply_adds_times_samples() -> None:
    space = catalogue.space("chain", {"steps": 10, "batch": 4, "final_steps": 30}, DIGITS)
    genome = code.make([BLOCK])
    macs = space.describe(genome, DIGITS.setting()).macs
    proposal = space.evaluation(genome)
    assert proposal.cost == macs * 10 * 4
    final = space.final_evaluation(genome)
    assert final is not None
    assert (final.cost, final.phase, final.reuse) == (macs * 30 * 4, "final", False)


def test_a_network_over_the_cap_is_refused_before_training() -> None:
    space = catalogue.space("chain", {"most_parameters": 500}, DIGITS)
    with pytest.raises(InfeasibleArchitecture, match="expected at most 500 parameters, got"):
        space.evaluation(code.make([{**BLOCK, "channels": 32}, {**BLOCK, "channels": 32}]))
    rng = first_generator(0)
    for _ in range(30):
        space.evaluation(space.random(rng))
    with pytest.raises(InfeasibleArchitecture, match="raise most_parameters"):
        catalogue.space("chain", {"most_parameters": 3}, DIGITS).random(rng)


def _with(**changes: object) -> Json:
    return {**code.make([BLOCK]), "blocks": [{**BLOCK, **changes}]}


@pytest.mark.parametrize(
    ("genome", "message"),
    [
        ([], "JSON object"),
        ({"schema": 1, "space": "chain"}, "lacks blocks"),
        ({**code.make([BLOCK]), "extra": 1}, "unknown genes extra"),
        ({**code.make([BLOCK]), "schema": 2}, "schema: expected one of 1, got 2"),
        ({**code.make([BLOCK]), "schema": True}, "schema"),
        ({**code.make([BLOCK]), "space": "other"}, "space: expected one of 'chain'"),
        (code.make([]), "1 to 4 blocks, got 0 blocks"),
        (code.make([BLOCK] * 5), "got 5 blocks"),
        ({**code.make([BLOCK]), "blocks": "abc"}, "got str"),
        ({**code.make([BLOCK]), "blocks": [7]}, r"blocks\[0\]: a block is a JSON object, got int"),
        (_with(channels=9), r"blocks\[0\].channels: expected one of 4, 8, 16, 24, 32, got 9"),
        (_with(channels="8"), r"channels.*got '8'"),
        (_with(channels=8.0), r"channels.*got 8.0"),
        (_with(kernel=4), r"kernel: expected one of 1, 3, 5, got 4"),
        (_with(stride=True), r"stride.*got True"),
        (_with(pool=1), r"pool: expected one of False, True, got 1"),
        (_with(activation=None), "activation"),
        (_with(dilation=2), "unknown genes dilation"),
    ],
)
def test_a_bad_genome_is_refused_by_the_name_of_its_gene(genome: object, message: str) -> None:
    space = catalogue.space("chain", {}, DIGITS)
    with pytest.raises(InvalidGenome, match=message):
        space.check(genome)  # type: ignore[arg-type]


def test_clips_are_refused() -> None:
    with pytest.raises(DataRefused, match="searches on images; tiny-clips holds clips"):
        catalogue.space("chain", {}, TINY_CLIPS)
