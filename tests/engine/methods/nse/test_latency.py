"""Latency tables: the layers of a path, its time as their sum, what is stored, what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.core.setting import Setting
from searchengine.methods.nse.describe import describe
from searchengine.methods.nse.latency import (
    LatencyTable,
    LayerKey,
    add_key,
    fixed_keys,
    latency_costs,
    needed_keys,
    op_keys,
    parse,
    to_json,
)
from searchengine.methods.nse.ops import REDUCTION
from searchengine.methods.nse.skeleton import Skeleton

from .cases import SMALL, paths, skeletons

IMAGES = (1, 8, 8)


def made_up(keys: tuple[LayerKey, ...]) -> LatencyTable:
    """A time for every layer, no two alike."""
    entries = {key: 1.0 + place * 0.37 for place, key in enumerate(keys)}
    return LatencyTable("a device", 1, 1, 20, "2.13.0", "2026-01-01T00:00:00+00:00", entries)


def layers_of(network: Architecture) -> Counter[LayerKey]:
    """What the built network runs, read from its nodes."""
    found: Counter[LayerKey] = Counter()
    for node in network.nodes:
        shape, a = node.input_shapes[0] if node.input_shapes else (), node.arguments
        if node.kind == "conv":
            size = (shape[1], shape[2])
            assert len(set(a["dilation"])) == 1
            found[
                LayerKey(
                    "conv", size, shape[0], node.shape[0], a["kernel"], a["stride"], a["padding"],
                    a["dilation"][0], a["groups"],
                )
            ] += 1  # fmt: skip
        elif node.kind == "mean":
            found[LayerKey("pool", (shape[1], shape[2]), shape[0], shape[0])] += 1
        elif node.kind == "linear":
            found[LayerKey("linear", (1, 1), shape[0], node.shape[0])] += 1
        elif node.kind in ("add", "multiply"):
            found[LayerKey(node.kind, (shape[1], shape[2]), shape[0], shape[0])] += len(node.inputs) - 1
    return found


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_path_s_time_is_the_sum_over_the_layers_that_its_network_runs(data: st.DataObject) -> None:
    skeleton = data.draw(skeletons())
    if min(skeleton.channels) >= REDUCTION:
        skeleton = replace(skeleton, excited=data.draw(st.booleans()))
    path = data.draw(paths(skeleton))
    images = (
        data.draw(st.sampled_from([1, 3])),
        data.draw(st.integers(5, 17)),
        data.draw(st.integers(5, 17)),
    )
    keys = needed_keys(skeleton, images, 4)
    table = made_up(keys)
    found = layers_of(describe(skeleton, path, Setting({"image": images}, 4)))
    assert set(found) <= set(keys)
    expected = sum(table.entries[key] * times for key, times in found.items())
    # Every op's cost is rounded to a 1/1024 of a microsecond.
    assert latency_costs(table, skeleton, images, 4).of(path) == pytest.approx(expected, abs=0.1)


def test_only_layers_of_the_pool_are_measured_and_each_once() -> None:
    keys = needed_keys(SMALL, IMAGES, 10)
    assert len(set(keys)) == len(keys)
    used = set(fixed_keys(SMALL, IMAGES, 10))
    for fit in SMALL.fits(IMAGES[1:]):
        used |= {add_key(fit), *(key for op in SMALL.ops for key in op_keys(op, fit))}
    assert set(keys) == used
    # Two cells of one shape share their layers.
    assert set(needed_keys(Skeleton("NN", (8,), 1, 64, True, "small13"), IMAGES, 10)) == set(
        needed_keys(Skeleton("N", (8,), 1, 64, True, "small13"), IMAGES, 10)
    )


def test_costs_add_up_alike_in_any_order() -> None:
    """So that a path at the edge of the band is on one side of it, whoever added up its cost."""
    costs = latency_costs(made_up(needed_keys(SMALL, IMAGES, 10)), SMALL, IMAGES, 10)
    numbers = [cost for row in costs.ops for cost in row]
    assert sum(numbers) == sum(reversed(numbers)) == sum(sorted(numbers))
    assert all((cost * 1024).is_integer() for cost in [*numbers, costs.fixed])


def test_a_table_lacking_layers_is_refused_and_says_which_and_what_to_do() -> None:
    keys = needed_keys(SMALL, IMAGES, 10)
    table = made_up(keys)
    gone = (keys[3], keys[7], *keys[20:25])
    short = replace(table, entries={key: v for key, v in table.entries.items() if key not in gone})
    assert short.missing(keys) == gone
    with pytest.raises(InvalidParams) as refused:
        latency_costs(short, SMALL, IMAGES, 10)
    words = refused.value.fields["latency_table"]
    assert "a device lacks 7 of the layers" in words
    assert all(key.words in words for key in gone[:4])
    assert "and 3 more" in words
    assert "Leave latency_table empty to have them measured first" in words


def test_layers_are_named_by_what_makes_them_unlike() -> None:
    assert LayerKey("conv", (28, 14), 16, 24).words == "conv 1×1 16→24 on 28×14"
    key = LayerKey("conv", (8, 8), 16, 16, (3, 3), (2, 2), (2, 2), 2, 16)
    assert key.words == "conv 3×3 16→16 on 8×8 stride 2×2 dilation 2 groups 16"
    assert LayerKey("linear", (1, 1), 64, 10).words == "linear 64→10 on 1×1"


def test_a_table_is_the_same_after_json() -> None:
    table = made_up(needed_keys(SMALL, IMAGES, 10))
    again = parse(loads(dumps(to_json(table))))
    assert again == table
    assert list(again.entries) == list(table.entries)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": 2}, "schema: expected a whole number from 1 to 1"),
        ({"table": "other"}, "table: expected one of nse-latency"),
        ({"device": ""}, "device: expected a text of 1 to 200 letters"),
        ({"threads": 0}, "threads: expected a whole number from 1"),
        ({"unit": "seconds"}, "unit: expected one of microseconds"),
        ({"entries": {}}, "entries: expected a list"),
        ({"entries": [[1, 2]]}, r"entries\[0\]: expected a list of 10"),
        ({"more": 1}, "unknown more"),
    ],
)
def test_what_is_no_table_is_refused_in_words(change: Json, words: str) -> None:
    value = to_json(made_up(needed_keys(SMALL, IMAGES, 10)))
    with pytest.raises(InvalidParams, match=words) as refused:
        parse({**value, **change})
    assert set(refused.value.fields) == {"latency_table"}


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (0, "norm", "type: expected one of conv"),
        (1, [8], r"size: expected \[height, width\]"),
        (2, 0, "channels_in: expected a whole number from 1"),
        (6, [-1, 0], "padding: expected a whole number from 0"),
        (9, -1.0, "expected microseconds of at least 0"),
        (9, True, "expected microseconds of at least 0"),
    ],
)
def test_a_wrong_entry_is_named(place: int, value: Json, words: str) -> None:
    table = to_json(made_up(needed_keys(SMALL, IMAGES, 10)))
    row = list(table["entries"][2])
    row[place] = value
    with pytest.raises(InvalidParams, match=rf"entries\[2\].*{words}"):
        parse({**table, "entries": [*table["entries"][:2], row]})
    with pytest.raises(InvalidParams, match="stands twice"):
        parse({**table, "entries": [table["entries"][0]] * 2})
