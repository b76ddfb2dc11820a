"""Learned weights in the published form: beside the rows and within a genome, both ways, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from searchengine.core.errors import InvalidGenome
from searchengine.core.jsontext import Json
from searchengine.methods.assemblenet.genome import parse, to_json
from searchengine.methods.assemblenet.published_form import (
    main,
    published,
    read,
    to_list,
    weights_from_blocks,
    weights_from_lists,
    weights_to_lists,
)
from tests.engine.methods.assemblenet.published import ASN50, LATE, WEIGHTS, weights_of

LEARNED = weights_of(WEIGHTS, ASN50)
LISTS = weights_to_lists(ASN50, LEARNED)
WITH_WEIGHTS: Json = {**to_json(ASN50), "learned_weights": WEIGHTS}
"""The found network as it is passed around in JSON."""


def test_weights_come_back_from_their_lists() -> None:
    assert weights_from_lists(ASN50, LISTS) == LEARNED
    assert weights_from_lists(ASN50, [[]] * 15) == {}
    assert weights_from_lists(LATE, [[]] * 10) == {}
    without = [row if place != 8 else [] for place, row in enumerate(LISTS)]
    assert weights_from_lists(ASN50, without) == {
        edge: weight for edge, weight in LEARNED.items() if edge[1] != 8
    }


def test_a_genome_that_carries_weights_becomes_rows_with_lists_and_back() -> None:
    found = published(WITH_WEIGHTS)
    assert found == {"structure": to_list(ASN50), "weights": LISTS}
    assert found["weights"][14] == [[0.9892, 0.8455]]
    assert read(json.loads(json.dumps(found)), 50, 128) == WITH_WEIGHTS
    assert published({"number": 3, "genome": WITH_WEIGHTS}) == found


def test_without_weights_it_is_rows_alone() -> None:
    assert published(to_json(ASN50)) == to_list(ASN50)
    assert read(to_list(ASN50), 50, 128) == to_json(ASN50)
    nothing = {"structure": to_list(ASN50), "weights": [[]] * 15}
    assert read(nothing, 50, 128) == to_json(ASN50)


def test_blocks_without_weights_stay_without() -> None:
    some = {"6": WEIGHTS["6"], "14": WEIGHTS["14"]}
    found = published({**to_json(ASN50), "learned_weights": some})
    assert [place for place, row in enumerate(found["weights"]) if row] == [6, 14]
    assert read(found, 50, 128)["learned_weights"] == some


def test_elsewhere_weights_are_no_part_of_a_genome() -> None:
    with pytest.raises(InvalidGenome, match="unknown learned_weights"):
        parse(WITH_WEIGHTS)


@pytest.mark.parametrize(
    ("learned", "words"),
    [
        ([], "learned_weights: expected an object with a list a block, got"),
        ({"0": [0.5]}, "learned_weights: expected numbers of blocks, got '0'"),
        ({"15": [0.5]}, "learned_weights: expected numbers of blocks, got '15'"),
        ({"4": [0.5]}, r"learned_weights\[4\]: a node with 1 inputs has no weights"),
        ({"14": 0.5}, r"learned_weights\[14\]: expected 2 weights, one an input, got 0.5"),
        ({"14": [0.5]}, r"learned_weights\[14\]: expected 2 weights, one an input"),
        ({"14": [0.5, 1.0]}, r"learned_weights\[14\]: expected numbers between 0 and 1, got 1.0"),
        ({"14": [0.5, True]}, "expected numbers between 0 and 1, got True"),
        ({"14": [0.5, "0.5"]}, "expected numbers between 0 and 1, got '0.5'"),
        ({"14": [float("nan"), 0.5]}, "expected numbers between 0 and 1, got nan"),
    ],
)
def test_weights_that_belong_to_no_connection_are_refused(learned: Any, words: str) -> None:
    with pytest.raises(InvalidGenome, match=words):
        weights_from_blocks(ASN50, learned)
    with pytest.raises(InvalidGenome, match=words):
        published({**to_json(ASN50), "learned_weights": learned})


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ({}, "weights: expected a list with 15 lists, got"),
        (LISTS[:14], "weights: expected a list with 15 lists"),
        ([[[0.5]], *LISTS[1:]], r"weights\[0\]: a node with 0 inputs has no weights"),
        ([*LISTS[:14], [0.9, 0.8]], r"weights\[14\]: expected \[\] or a list with one list"),
        ([*LISTS[:14], [[0.9, 0.8], [0.1, 0.2]]], r"weights\[14\]: expected \[\] or a list with one list"),
        ([*LISTS[:14], [[0.9]]], r"weights\[14\]: expected 2 weights"),
        ([*LISTS[:14], [[0.9, 0]]], r"weights\[14\]: expected numbers between 0 and 1, got 0"),
    ],
)
def test_lists_that_do_not_fit_the_rows_are_refused(lists: Any, words: str) -> None:
    with pytest.raises(InvalidGenome, match=words):
        weights_from_lists(ASN50, lists)
    with pytest.raises(InvalidGenome, match=words):
        read({"structure": to_list(ASN50), "weights": lists}, 50, 128)


def test_the_command_keeps_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    genome, rows = tmp_path / "genome.json", tmp_path / "rows.json"
    genome.write_text(json.dumps(WITH_WEIGHTS))
    assert main([str(genome)]) == 0
    written = capsys.readouterr().out
    assert json.loads(written) == {"structure": to_list(ASN50), "weights": LISTS}
    rows.write_text(written)
    assert main([str(rows)]) == 0
    assert json.loads(capsys.readouterr().out) == WITH_WEIGHTS


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"structure": to_list(ASN50)}, "expected structure and weights, got structure"),
        ({"structure": to_list(ASN50), "weights": []}, "weights: expected a list with 15 lists"),
        ({**WITH_WEIGHTS, "learned_weights": {"14": [2, 0.5]}}, "expected numbers between 0 and 1, got 2"),
    ],
)
def test_the_command_refuses_weights_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: Json, words: str
) -> None:
    (tmp_path / "given.json").write_text(json.dumps(value))
    assert main([str(tmp_path / "given.json")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
