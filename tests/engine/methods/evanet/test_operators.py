"""Random genomes and mutations: they stay within bounds, change something, and say what."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.core.schedules import mutations_for_round
from searchengine.methods.evanet.genome import Bounds, check_within, key, parse, to_json
from searchengine.methods.evanet.operators import OPERATORS, mutate, random_genome
from tests.engine.methods.evanet.published import TINY

BOUNDS = {
    "demo": Bounds("resnet", 3, 4, 1, (1, 3, 5, 7), 4, 2),
    "narrow": Bounds("resnet", 2, 2, 2, (1, 3), 6, 6),
    "inception": Bounds("inception", 3, 8, 1, (1, 3, 5), 4, 1),
    "full inception": Bounds("inception", 9, 16, 3, (1, 3, 5, 7, 9, 11), 6, 1),
    "paper": Bounds("resnet", 4, 64, 3, (1, 3, 5, 7, 9, 11), 6, 6),
}
bounds = pytest.mark.parametrize("bounds", list(BOUNDS.values()), ids=list(BOUNDS))


def test_mutations_are_many_at_the_start_and_one_at_the_end():
    rounds = (0, 99, 100, 101, 200, 500)
    assert [mutations_for_round(i, 5, 100) for i in rounds] == [5, 5, 4, 4, 3, 1]
    assert all(
        mutations_for_round(i, d, r) == max(int(np.ceil(d - i / r)), 1)
        for d in (1, 3, 20)
        for r in (1, 2, 8)  # exact in binary, so that the quotient may stand in floating point here
        for i in range(100)
    )


@bounds
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 6))
def test_mutations_change_the_network_and_stay_within_bounds(bounds, seed, count):
    rng = np.random.default_rng(seed)
    one = random_genome(bounds, rng)
    check_within(one, bounds)
    for _ in range(count):
        child, change = mutate(one, bounds, rng)
        assert key(child) != key(one)
        check_within(child, bounds)
        assert parse(to_json(child)) == child
        assert change.operator in OPERATORS
        assert change.text
        one = child


@bounds
def test_every_operator_is_used_where_it_can_do_something(bounds):
    rng = np.random.default_rng(1)
    used = {mutate(random_genome(bounds, rng), bounds, rng)[1].operator for _ in range(300)}
    expected = set(OPERATORS)
    if bounds.meta == "inception":
        expected -= {"repeats"}
    if bounds.blocks == 9:
        expected -= {"pool_time"}
    assert used == expected


def test_every_gene_is_drawn_uniformly():
    rng = np.random.default_rng(3)
    drawn = [random_genome(BOUNDS["demo"], rng) for _ in range(2000)]
    shares = {
        "one branch": np.mean([len(one.blocks[1].branches) == 1 for one in drawn]),
        "stem of 7 frames": np.mean([one.stem.t == 7 for one in drawn]),
        "two repeats": np.mean([one.blocks[0].repeats == 2 for one in drawn]),
        "pool first": np.mean([one.blocks[0].branches[0].kind == "pool" for one in drawn]),
    }
    assert shares == pytest.approx(
        {"one branch": 0.25, "stem of 7 frames": 0.25, "two repeats": 0.5, "pool first": 0.25}, abs=0.04
    )


def test_equal_generators_draw_equal_genomes():
    def draw():
        rng = np.random.default_rng(5)
        one = random_genome(BOUNDS["demo"], rng)
        return one, mutate(one, BOUNDS["demo"], rng)

    assert draw() == draw()


@pytest.mark.parametrize(
    ("operator", "phrase"),
    [
        ("temporal_size", r"^temporal (kernel|window) \d+ → \d+ in block \d, branch \d$"),
        ("layer_type", r".+ → .+ in block \d, branch \d$"),
        ("parallel", r"added to block \d$|removed from block \d$"),
        ("repeats", r"^repeats \d → \d of block \d$"),
        ("stem", r" → .+ in the stem$"),
        ("pool_time", r"^temporal window \d+ → \d+ of pool p[134]$"),
    ],
)
def test_a_change_reads_like_a_sentence_of_its_operator(operator, phrase):
    rng = np.random.default_rng(2)
    one, found = parse(TINY), 0
    while found < 20:
        mutation = OPERATORS[operator](one, BOUNDS["demo"], rng)
        if mutation is not None and key(mutation.genome) != key(one):
            found += 1
            assert re.search(phrase, mutation.text), mutation.text


def test_even_the_smallest_space_has_a_mutation():
    bounds = Bounds("inception", 1, 2, 1, (1,), 1, 1)
    rng = np.random.default_rng(0)
    one = random_genome(bounds, rng)
    child, change = mutate(one, bounds, rng)
    assert key(child) != key(one)
    assert change.operator in ("layer_type", "stem")
