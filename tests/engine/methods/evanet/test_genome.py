"""The JSON codec, its refusals in words, the canonical form and the identity key."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.core.errors import InvalidGenome
from searchengine.methods.evanet.genome import Bounds, canonical, check_within, key, parse, to_json
from searchengine.methods.evanet.operators import random_genome
from tests.engine.methods.evanet.published import (
    FULL3D,
    ITGM,
    MIXED,
    PUBLISHED,
    R1,
    R2,
    TINY,
    conv,
    conv2,
    genome,
    point,
    pool,
)

DEMO = Bounds("resnet", 3, 4, 1, (1, 3, 5, 7), 4, 2)


@pytest.mark.parametrize("value", [R1, R2, TINY], ids=["R1", "R2", "tiny"])
def test_published_genomes_are_read_and_written_unchanged(value):
    assert to_json(parse(value)) == value
    assert json.dumps(to_json(parse(json.loads(json.dumps(value))))) == json.dumps(value)


def test_the_published_genomes_differ_and_keep_their_keys():
    assert len({key(parse(value)) for value in PUBLISHED.values()}) == 2
    assert key(parse(R1)) == key(parse(copy.deepcopy(R1)))


def spoiled(change):
    value = copy.deepcopy(TINY)
    change(value)
    return value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda g: g.update(schema=2), "schema: expected 1, got 2"),
        (lambda g: g.update(schema=True), "schema"),
        (lambda g: g.update(method="nse"), "method: expected one of evanet, got 'nse'"),
        (lambda g: g.pop("width"), "genome: missing width"),
        (lambda g: g.update(flops=3), "genome: unknown flops"),
        (lambda g: g.update(width=1), "width: expected a whole number from 2 to 128, got 1"),
        (lambda g: g.update(width=4.0), "width"),
        (lambda g: g["stem"].update(t=4), "stem.t: expected an odd number of frames from 1 to 15, got 4"),
        (lambda g: g["stem"].update(op="avg"), "stem.op: expected one of conv3d, itgm, conv2p1d, got 'avg'"),
        (lambda g: g["pools"].update(p4=3), "pools: unknown p4; expected p1, p3"),
        (lambda g: g["pools"].pop("p3"), "pools: missing p3"),
        (lambda g: g["blocks"].clear(), "blocks: expected 1 to 4 blocks for meta resnet, got 0"),
        (lambda g: g["blocks"][1].update(repeats=7), "blocks[1].repeats: expected a whole number from 1"),
        (lambda g: g["blocks"][1].update(branches=[]), "blocks[1].branches: expected a list of 1 to 6"),
        (lambda g: g["blocks"][1].update(branches=[point()] * 7), "1 to 6 branches, got 7"),
        (lambda g: g["blocks"][0]["branches"][1].pop("t"), "blocks[0].branches[1]: missing t"),
        (lambda g: g["blocks"][0]["branches"][1].update(t="3"), "blocks[0].branches[1].t"),
        (lambda g: g["blocks"][0]["branches"][1].update(kind="avg"), "blocks[0].branches[1].kind"),
        (lambda g: g["blocks"][0]["branches"][1].update(dilation=2), "unknown dilation"),
        (lambda g: g["blocks"][0].update(branches=[point()] * 5), "5 branches share 16 channels"),
    ],
)  # fmt: skip
def test_a_broken_genome_is_refused_naming_the_gene(change, words):
    with pytest.raises(InvalidGenome) as refused:
        parse(spoiled(change))
    assert words in str(refused.value)


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"schema": 1}])
def test_what_is_no_genome_is_refused(value):
    with pytest.raises(InvalidGenome):
        parse(value)


def test_genes_a_branch_has_no_use_for_are_dropped_but_must_be_legal():
    value = spoiled(lambda g: g["blocks"][0]["branches"][1].update(op2=FULL3D, t2=3))
    assert to_json(parse(value)) == TINY
    assert key(parse(value)) == key(parse(TINY))
    with pytest.raises(InvalidGenome, match="t2"):
        parse(spoiled(lambda g: g["blocks"][0]["branches"][1].update(t2=2)))


def test_itgm_over_one_frame_is_the_same_network_as_a_plain_convolution():
    one = genome((ITGM, 1), {}, (1, [conv(ITGM, 1), conv2(ITGM, 1, ITGM, 3)]), width=4, in_channels=1)
    other = genome((FULL3D, 1), {}, (1, [conv(FULL3D, 1), conv2(FULL3D, 1, ITGM, 3)]), width=4, in_channels=1)
    mixed = genome((MIXED, 1), {}, (1, [conv(FULL3D, 1), conv2(FULL3D, 1, ITGM, 3)]), width=4, in_channels=1)
    assert key(parse(one)) == key(parse(other)) != key(parse(mixed))
    assert to_json(canonical(parse(one))) == other


def test_the_order_of_branches_changes_the_key_of_no_network_but_the_order_of_blocks_does():
    a, b = pool(3), conv(MIXED, 5)
    forth = genome((FULL3D, 3), {"p1": 1}, (1, [a, b]), (1, [point()]), width=4, in_channels=1)
    back = genome((FULL3D, 3), {"p1": 1}, (1, [b, a]), (1, [point()]), width=4, in_channels=1)
    swapped = genome((FULL3D, 3), {"p1": 1}, (1, [point()]), (1, [a, b]), width=4, in_channels=1)
    assert key(parse(forth)) == key(parse(back)) != key(parse(swapped))
    assert to_json(canonical(parse(back))) == back, "sorting is for the key alone"


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_reading_and_writing_is_stable_and_the_canonical_form_idempotent(seed):
    drawn = random_genome(DEMO, np.random.default_rng(seed))
    written = to_json(drawn)
    assert parse(written) == drawn
    assert to_json(parse(json.loads(json.dumps(written)))) == written
    assert canonical(canonical(drawn)) == canonical(drawn)
    assert key(canonical(drawn)) == key(drawn)
    check_within(drawn, DEMO)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda g: g.update(width=8), "width: this search uses 4, got 8"),
        (lambda g: g.update(in_channels=3), "in_channels: this search uses 1, got 3"),
        (lambda g: g["blocks"][0].update(repeats=3), "blocks[0].repeats: expected at most 2, got 3"),
        (lambda g: g["stem"].update(t=9), "stem.t: this search uses the temporal sizes 1, 3, 5, 7, got 9"),
        (
            lambda g: g["blocks"][2].update(branches=[point()] * 5),
            "blocks[2].branches: expected at most 4",
        ),
    ],
)
def test_a_genome_outside_the_space_is_refused_in_words(change, words):
    with pytest.raises(InvalidGenome) as refused:
        check_within(parse(spoiled(change)), DEMO)
    assert words in str(refused.value)
