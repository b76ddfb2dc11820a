"""The published list form: rows of the found networks, there and back, and refusals in words."""

import json
import subprocess
import sys

import numpy as np
import pytest

from searchengine.core.errors import InvalidGenome
from searchengine.methods.assemblenet.genome import to_json
from searchengine.methods.assemblenet.operators import random_genome
from searchengine.methods.assemblenet.published_form import from_list, to_list, weights_to_lists
from tests.engine.methods.assemblenet.published import (
    ASN50,
    ASN101,
    FUSED,
    PAPER_BOUNDS,
    WEIGHTS,
    weights_of,
)


def test_rows_of_the_published_network():
    rows = to_list(ASN50)
    assert rows[:5] == [[-1, 4], [-1, 4], [-2, 1], [-2, 1], [0, [1], 32, 1, 1, 0]]
    assert rows[8] == [1, [0, 4, 5, 6, 7], 64, 2, 2, 0]
    assert rows[12:] == [
        [2, [4, 8, 10, 11], 256, 1, 2, 0], [2, [8, 9], 256, 4, 2, 0], [3, [12, 13], 512, 2, 2, 0],
    ]  # fmt: skip
    assert [row[2] for row in to_list(ASN101)[12:]] == [192, 192, 256]


@pytest.mark.parametrize(("genome", "depth"), [(ASN50, 50), (ASN101, 101)])
def test_there_and_back(genome, depth):
    assert from_list(json.loads(json.dumps(to_list(genome))), depth, 128) == genome


def test_any_graph_goes_there_and_back():
    rng = np.random.default_rng(0)
    for _ in range(100):
        genome = random_genome(PAPER_BOUNDS, rng)
        assert from_list(to_list(genome), 50, 128) == genome


def test_depth_and_channels_of_stems_are_the_callers():
    found = from_list(to_list(FUSED), 38, 12)
    assert (found.depth, found.stem_total) == (38, 12)
    assert found.nodes == FUSED.nodes


def test_a_row_may_lack_its_last_zero():
    assert from_list([row[:5] for row in to_list(ASN50)], 50, 128) == ASN50


def test_weights_stand_beside_the_rows_and_none_means_learn_them():
    lists = weights_to_lists(ASN50, weights_of(WEIGHTS, ASN50))
    assert lists[:6] == [[]] * 6
    assert lists[6] == [[0.1381, 0.8465, 0.3073, 0.2867]]
    assert lists[14] == [[0.9892, 0.8455]]
    assert [len(row) for found in lists for row in found] == [
        len(node.inputs) for node in ASN50.blocks if len(node.inputs) > 1
    ]
    assert weights_to_lists(ASN50, {}) == [[]] * 15
    partly = {edge: weight for edge, weight in weights_of(WEIGHTS, ASN50).items() if edge != (0, 6)}
    assert weights_to_lists(ASN50, partly)[6:8] == [[], [[0.5846, 0.6066]]]


def _changed(place, row):
    return [row if number == place else old for number, old in enumerate(to_list(ASN50))]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({}, "rows: expected a list with a list a node, got {}"),
        ([], "nodes: expected a list of nodes"),
        (_changed(0, "rgb"), r"rows\[0\]: expected a list, got 'rgb'"),
        (_changed(0, []), r"rows\[0\]: expected a list, got \[\]"),
        (_changed(0, [-3, 4]), r"rows\[0\], level: expected a whole number from -2 to 3, got -3"),
        (_changed(0, [True, 4]), r"rows\[0\], level: expected a whole number"),
        (_changed(0, [-1]), r"rows\[0\]: expected \[-1, dilation\], got \[-1\]"),
        (_changed(1, [-2, 1, 32]), r"rows\[1\]: expected \[-2, dilation\]"),
        (_changed(1, [-1, 3]), r"nodes\[1\].dilation: expected one of 1, 2, 4, 8, got 3"),
        (
            _changed(4, [0, [1], 32, 1]),
            r"rows\[4\]: expected \[level, inputs, filters, dilation, stride, 0\]",
        ),
        (_changed(4, [0, [1], 32, 1, 1, 2]), r"rows\[4\]: expected \[level, inputs, filters"),
        (_changed(4, [0, [1], 32, 1, 1, 0, 0]), r"rows\[4\]: expected \[level, inputs, filters"),
        (_changed(4, [0, [1], 32, 1, 2, 0]), r"rows\[4\], stride: expected 1 on level 0, got 2"),
        (_changed(8, [1, [4], 64, 2, 1, 0]), r"rows\[8\], stride: expected 2 on level 1, got 1"),
        (_changed(4, [0, [1], [27, 27, 12], 1, 1, 0]), r"nodes\[4\].filters: expected a whole number"),
        (_changed(4, [0, 1, 32, 1, 1, 0]), r"nodes\[4\].inputs: expected a list of at least one id"),
        (_changed(4, [0, [5], 32, 1, 1, 0]), r"nodes\[4\].inputs: expected nodes of lower levels than 1"),
        (
            _changed(4, [4, [1], 32, 1, 2, 0]),
            r"rows\[4\], level: expected a whole number from -2 to 3, got 4",
        ),
        (_changed(14, [2, [8], 512, 2, 2, 0]), "expected 1 to 8 blocks on level 4, got 0"),
    ],
)
def test_malformed_rows_are_refused_in_words(rows, words):
    with pytest.raises(InvalidGenome, match=words):
        from_list(rows, 50, 128)


@pytest.mark.parametrize(
    ("depth", "stem_total", "words"),
    [(30, 128, "depth: expected one of 26"), (50, 0, "stem_total: expected a whole number from 1")],
)
def test_what_rows_do_not_hold_is_checked_too(depth, stem_total, words):
    with pytest.raises(InvalidGenome, match=words):
        from_list(to_list(ASN50), depth, stem_total)


def command(*arguments, given=""):
    return subprocess.run(
        [sys.executable, "-m", "searchengine.methods.assemblenet.published_form", *map(str, arguments)],
        input=given, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_command_goes_both_ways(tmp_path):
    file = tmp_path / "genome.json"
    file.write_text(json.dumps({"number": 7, "genome": to_json(ASN101)}))
    rows = command(file)
    assert (rows.returncode, json.loads(rows.stdout)) == (0, to_list(ASN101))
    back = command("-", "--depth", 101, given=rows.stdout)
    assert (back.returncode, json.loads(back.stdout)) == (0, to_json(ASN101))
    small = command("-", "--depth", 26, "--stem-total", 8, given=json.dumps(to_list(FUSED)))
    assert json.loads(small.stdout) == to_json(FUSED)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("no json", "- holds no JSON"),
        ("[[-3, 1]]", "rows[0], level: expected a whole number from -2 to 3, got -3"),
        ('{"genome": 1}', "genome: missing schema"),
    ],
)
def test_the_command_refuses_in_words(given, words):
    found = command("-", given=given)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("refused: ")
    assert words in found.stderr
