"""The codec of paths and spaces."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from searchengine.core.errors import InvalidGenome
from searchengine.core.jsontext import Json
from searchengine.methods.nse.genome import (
    PathGenome,
    SpaceGenome,
    is_space,
    key,
    parse,
    parse_path,
    to_json,
)
from searchengine.methods.nse.subset import first_space

from .cases import SMALL, paths, skeletons

PATH = PathGenome(SMALL, ((0,), (1, 4), (), (3,), (7,), (), (0,)))


@given(st.data())
def test_any_path_goes_there_and_back(data: st.DataObject) -> None:
    skeleton = data.draw(skeletons())
    genome = PathGenome(skeleton, data.draw(paths(skeleton)))
    text = json.dumps(to_json(genome))
    assert parse(json.loads(text)) == genome
    assert not is_space(json.loads(text))


def test_a_space_goes_there_and_back_and_is_no_path() -> None:
    space = first_space(SMALL.cells, len(SMALL.ops), 4, 4, np.random.default_rng(0))
    genome = SpaceGenome(SMALL, space)
    value = json.loads(json.dumps(to_json(genome)))
    assert parse(value) == genome
    assert is_space(value)
    with pytest.raises(InvalidGenome, match="this is a space"):
        parse_path(value)


def test_the_order_of_ops_means_nothing() -> None:
    turned = {**to_json(PATH), "path": [[0], [4, 1], [], [3], [7], [], [0]]}
    assert key(parse(turned)) == key(PATH)
    assert key(PathGenome(SMALL, ((0,), (1, 5), (), (3,), (7,), (), (0,)))) != key(PATH)
    assert key(PathGenome(SMALL.widened(2.0), PATH.path)) != key(PATH)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 2}, "schema: expected 1"),
        ({"method": "evanet"}, "method: expected one of nse"),
        ({"path": [[0]]}, "expected ops of 7 cells, got 1"),
        ({"path": [[0], [], [], [3], [7], [], [0]]}, r"path\[1\]: a cell of type R"),
        ({"path": [[0], [1, 1], [], [3], [7], [], [0]]}, r"path\[1\]: an op stands once"),
        ({"path": [[13], [1], [], [3], [7], [], [0]]}, r"path\[0\]: expected a whole number from 0 to 12"),
        ({"path": [[True], [1], [], [3], [7], [], [0]]}, r"path\[0\]: expected a whole number"),
        ({"path": "all"}, "path: expected ops of 7 cells, got 'all'"),
        ({"more": 1}, "unknown more"),
        ({"skeleton": None}, "skeleton: expected an object"),
    ],
)
def test_what_is_no_path_is_refused_by_the_genes_name(change: Json, words: str) -> None:
    with pytest.raises(InvalidGenome, match=words):
        parse({**to_json(PATH), **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cells": "NXN"}, r"skeleton\.cells"),
        ({"cells": 3}, r"skeleton\.cells"),
        ({"channels": [8]}, r"skeleton\.channels"),
        ({"channels": 8}, r"skeleton\.channels"),
        ({"tail_norm": 1}, r"skeleton\.tail_norm"),
        ({"stem_stride": 0}, r"skeleton\.stem_stride"),
        ({"pool": "pool1"}, r"skeleton\.pool"),
    ],
)
def test_what_is_no_skeleton_is_refused_by_the_genes_name(change: Json, words: str) -> None:
    value = to_json(PATH)
    with pytest.raises(InvalidGenome, match=words):
        parse({**value, "skeleton": {**value["skeleton"], **change}})
