"""Ops, pools and skeletons against the published figures."""

from __future__ import annotations

import pytest

from searchengine.methods.nse.ops import POOLS, Fit, Op
from searchengine.methods.nse.published import flops_search, latency_search
from searchengine.methods.nse.skeleton import Skeleton, ner, nr


def test_the_pools_have_their_sizes_and_the_second_begins_with_the_first() -> None:
    assert {name: len(pool) for name, pool in POOLS.items()} == {
        "pool27": 27, "pool72": 72, "pool19": 19, "small13": 13,
    }  # fmt: skip
    assert POOLS["pool72"][:27] == POOLS["pool27"]
    assert all(len(set(pool)) == len(pool) for pool in POOLS.values())


@pytest.mark.parametrize(
    ("pool", "number", "op"),
    [
        ("pool27", 0, Op("mb", 3, 1)),
        ("pool27", 5, Op("mb", 3, 3, 3)),
        ("pool27", 17, Op("mb", 9, 6)),
        ("pool27", 21, Op("rec", 5, 1)),
        ("pool27", 26, Op("rec", 7, 4)),
        ("pool72", 34, Op("mb", 3, 6, groups=(2, 1))),
        ("pool72", 41, Op("mb", 5, 3, groups=(2, 2))),
        ("pool72", 52, Op("mb", 7, 6, groups=(2, 1))),
        ("pool72", 57, Op("mb", 9, 3, groups=(1, 2))),
        ("pool72", 61, Op("mb", 9, 6, groups=(2, 1))),
        ("pool19", 9, Op("dense", 3, 1)),
        ("pool19", 12, Op("dense", 3, 2, convs=2)),
        ("pool19", 15, Op("rec", 5, 4)),
        ("small13", 7, Op("mb", 3, 2, 2)),
        ("small13", 12, Op("rec", 5, 2)),
    ],
)
def test_ids_are_positions(pool: str, number: int, op: Op) -> None:
    assert POOLS[pool][number] == op


@pytest.mark.parametrize(
    ("op", "fit", "parameters", "macs"),
    [
        (Op("mb", 3, 3), Fit(16, 24, (112, 112), 2), 2_592, 14_601_216),
        (Op("mb", 5, 6), Fit(24, 24, (56, 56), 1), 11_136, 32_965_632),
        (Op("mb", 3, 1), Fit(16, 16, (112, 112), 1), 752, 8_228_864),
        (Op("mb", 3, 6), Fit(80, 80, (14, 14), 1), 83_200, 15_899_520),
        (Op("mb", 3, 6, groups=(1, 2)), Fit(80, 80, (14, 14), 1), 64_000, 12_136_320),
        (Op("mb", 3, 6, groups=(2, 1)), Fit(80, 80, (14, 14), 1), 64_000, 12_136_320),
        (Op("mb", 3, 6, groups=(2, 2)), Fit(80, 80, (14, 14), 1), 44_800, 8_373_120),
        (Op("rec", 5, 2), Fit(24, 40, (56, 56), 2), 26_480, 32_212_992),
        (Op("rec", 7, 4), Fit(40, 40, (28, 28), 1), 372_240, 291_020_800),
        (Op("dense", 3, 2), Fit(32, 64, (56, 56), 2), 43_392, 38_535_168),
        (Op("dense", 3, 1, convs=2), Fit(32, 64, (56, 56), 2), 21_824, 40_943_616),
    ],
)
def test_costs_of_ops(op: Op, fit: Fit, parameters: int, macs: int) -> None:
    assert (op.parameters(fit), op.macs(fit)) == (parameters, macs)


def test_dilation_keeps_size_and_cost() -> None:
    fit = Fit(16, 16, (28, 28), 1)
    plain, *dilated = (Op("mb", 3, 3, d) for d in (1, 2, 3))
    assert [op.padding for op in (plain, *dilated)] == [1, 2, 3]
    assert {(op.parameters(fit), op.macs(fit)) for op in (plain, *dilated)} == {
        (plain.parameters(fit), plain.macs(fit))
    }


def test_rows_of_cells() -> None:
    assert ner((1, 3, 3, 3, 3, 3)) == "NRNNNRNNNRNNNENNNRNNNE"
    assert len(nr((1, 3, 3, 7, 3))) == 21
    flops = flops_search()
    assert (flops.cells.count("N"), len(flops.cells)) == (16, 22)
    assert (latency_search().cells.count("N"), latency_search().cells.count("R")) == (17, 4)
    sizes = [fit.size[0] for fit in flops.fits((224, 224))]
    assert sizes == [112] * 2 + [56] * 4 + [28] * 4 + [14] * 8 + [7] * 4


def test_width_is_rounded_to_eights_and_the_first_stage_keeps_its_own() -> None:
    assert flops_search().widened(1.04).channels == (16, 24, 40, 80, 96, 200, 336)
    assert flops_search().widened(1.045).channels == (16, 24, 40, 80, 104, 200, 336)
    # Rounded down by more than a tenth would be too narrow.
    assert Skeleton("R", (16, 19)).widened(1.001).channels == (16, 24)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cells": "NXN"}, "letters N, R or E"),
        ({"cells": ""}, "letters N, R or E"),
        ({"channels": (8, 16)}, "have 3 stages"),
        ({"channels": (8, 16, 0)}, "from 1 to 4096"),
        ({"stem_stride": 3}, "expected 1 or 2, got 3"),
        ({"tail": 0}, "tail"),
        ({"pool": "pool28"}, "pool19"),
    ],
)
def test_a_skeleton_that_contradicts_itself_is_refused_in_words(values: dict, words: str) -> None:
    good = {"cells": "NRNE", "channels": (8, 16, 24)}
    with pytest.raises(ValueError, match=words):
        Skeleton(**{**good, **values})
    Skeleton(**good)
