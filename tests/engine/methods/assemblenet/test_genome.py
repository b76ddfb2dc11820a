"""The codec refuses in words; equal graphs have one key whatever their numbering."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.core.errors import InvalidGenome
from searchengine.core.jsontext import dumps, loads
from searchengine.methods.assemblenet.genome import check_within, parse, to_json
from searchengine.methods.assemblenet.identity import canonical, key, renumbered
from searchengine.methods.assemblenet.operators import random_genome
from tests.engine.methods.assemblenet.published import (
    ASN50,
    ASN101,
    FUSED,
    LATE,
    PAPER_BOUNDS,
    SMALL_BOUNDS,
)


@pytest.mark.parametrize("genome", [ASN50, ASN101, FUSED, LATE])
def test_json_and_back(genome):
    assert parse(loads(dumps(to_json(genome)))) == genome


def _changed(**genes):
    value = to_json(FUSED)
    return {**value, **genes}


def _node(place, **genes):
    value = to_json(FUSED)
    value["nodes"][place] = {**value["nodes"][place], **genes}
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "genome: expected an object"),
        (_changed(schema=2), "schema: expected 1, got 2"),
        (_changed(schema=True), "schema: expected 1"),
        (_changed(method="evanet"), "method: expected one of assemblenet"),
        (_changed(depth=30), "depth: expected one of 26"),
        (_changed(depth="26"), "depth: expected a whole number"),
        (_changed(stem_total=3), "expected at most 3 stems"),
        (_changed(nodes=[]), "nodes: expected a list of nodes"),
        (_changed(extra=1), "unknown extra"),
        (_node(0, kind="sound"), "kind: expected one of rgb, flow"),
        (_node(0, dilation=3), r"nodes\[0\].dilation: expected one of 1, 2, 4, 8"),
        (_node(4, inputs=[]), "inputs: expected a list of at least one id"),
        (_node(4, inputs=[0, 0]), "each input stands once"),
        (_node(4, inputs=[5]), "expected nodes of lower levels than 1, got 5"),
        (_node(6, inputs=[9]), "expected nodes of lower levels than 2, got 9"),
        (_node(6, inputs=[99]), "got 99"),
        (_node(6, level=5), "level: expected a whole number from 1 to 4"),
        (_node(6, level=4), "stems first, then blocks by level"),
        (_node(6, filters=0), "filters: expected a whole number from 1"),
        (_node(6, filters=True), "filters: expected a whole number"),
        (_node(6, id=7), "ids count from 0 in order"),
        (_node(9, inputs=[8]), "nodes.*: nothing reads it"),
    ],
)
def test_bad_json_is_refused_by_the_genes_name(value, words):
    if words == "nodes.*: nothing reads it":
        value["nodes"][8]["inputs"] = [4, 6]
    with pytest.raises(InvalidGenome, match=words):
        parse(value)


def test_bounds_are_told_in_words():
    check_within(ASN50, PAPER_BOUNDS)
    check_within(FUSED, SMALL_BOUNDS)
    for bounds, words in (
        (SMALL_BOUNDS._replace(depth=50), "depth: this search uses 50, got 26"),
        (SMALL_BOUNDS._replace(totals=(8, 16, 16, 16)), "filters of level 4 sum to 16 here, got 32"),
        (SMALL_BOUNDS._replace(most=(4, 1, 2, 1)), "level 2 has at most 1 blocks here, got 2"),
        (SMALL_BOUNDS._replace(stems=(2, 2)), "uses 2 to 2 stems, got 4"),
        (SMALL_BOUNDS._replace(streams=("rgb",)), "the data has no flow"),
        (SMALL_BOUNDS._replace(dilations=(1, 2)), "dilation: this search uses 1, 2, got 4"),
    ):
        with pytest.raises(InvalidGenome, match=words):
            check_within(FUSED, bounds)
    silent = to_json(FUSED)
    for node in silent["nodes"][:4]:
        node["kind"] = "rgb"
    with pytest.raises(InvalidGenome, match="at least one flow stem, got none"):
        check_within(parse(silent), SMALL_BOUNDS)


def shuffled(genome, rng):
    """The same graph with the nodes of every level in another order."""
    order = []
    for level in range(5):
        ids = [node.id for node in genome.at(level)]
        order += [ids[int(place)] for place in rng.permutation(len(ids))]
    return renumbered(genome, order)


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 10**6), connection=st.sampled_from([0.1, 0.3, 0.5, 0.8, 1.0]))
def test_the_key_does_not_depend_on_numbering(seed, connection):
    rng = np.random.default_rng(seed)
    bounds = PAPER_BOUNDS if seed % 2 else SMALL_BOUNDS
    genome = random_genome(bounds, rng, connection=connection)
    form = canonical(genome)
    assert canonical(form) == form
    for _ in range(3):
        other = shuffled(genome, rng)
        assert canonical(other) == form
        assert key(other) == key(genome)


def test_nodes_that_only_neighbours_tell_apart_get_one_numbering():
    """Blocks alike in every gene, whose stems differ: the hard case for a sort by genes."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        assert key(shuffled(ASN50, rng)) == key(ASN50)
        assert key(shuffled(LATE, rng)) == key(LATE)


def test_the_dilation_of_a_flow_stem_is_idle():
    nodes = tuple(replace(n, dilation=4) if n.kind == "flow" else n for n in ASN50.nodes)
    assert key(replace(ASN50, nodes=nodes)) == key(ASN50)
    nodes = tuple(replace(n, dilation=2) if n.kind == "rgb" else n for n in ASN50.nodes)
    assert key(replace(ASN50, nodes=nodes)) != key(ASN50)


def test_every_other_gene_changes_the_key():
    keys = {key(ASN50), key(ASN101), key(FUSED), key(LATE)}
    for node in FUSED.blocks:
        for genes in ({"dilation": 8}, {"filters": node.filters + 1}):
            nodes = tuple(replace(n, **genes) if n.id == node.id else n for n in FUSED.nodes)
            keys.add(key(replace(FUSED, nodes=nodes)))
    assert len(keys) == 4 + 2 * len(FUSED.blocks)
