"""Latency tables: how long each layer takes on one device, so that a path's time is a sum.

A table is measured on the user's own device and says which: device, threads, images a pass, repetitions,
version of torch, date. Layers that have entries: convolutions, the global pooling, additions of two maps, the
classifier, and the product of squeeze-and-excitation. Normalisation and activations have none (the former
is folded into the convolution before it where a network is put to use), so a sum ranks networks and is less
than the time that one takes whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from searchengine.core.errors import InvalidGenome, InvalidParams
from searchengine.core.genes import choice, object_with, whole
from searchengine.core.jsontext import Json, canonical, loads
from searchengine.methods.nse.costs import Table
from searchengine.methods.nse.ops import Fit, Op
from searchengine.methods.nse.skeleton import STEM_KERNEL, Skeleton

SCHEMA = 1
NAME = "nse-latency"
TYPES = ("conv", "pool", "add", "linear", "multiply")
Size = tuple[int, int]
_TEXTS = ("device", "torch", "measured")
_NUMBERS = ("threads", "batch", "repetitions")
_LARGEST = 2**31 - 1
_NAMED = 4
"""Missing layers that a refusal names."""
_GRAIN = 1024
"""Costs are whole multiples of 1/1024 microsecond: sums of them are exact in any order, so a path lies in the
band or not, however its cost was added up."""


class LayerKey(NamedTuple):
    """One layer as a table knows it. ``size`` is its input's (height, width); kernel, stride and padding are
    (height, width) too."""

    type: str
    size: Size
    channels_in: int
    channels_out: int
    kernel: Size = (1, 1)
    stride: Size = (1, 1)
    padding: Size = (0, 0)
    dilation: int = 1
    groups: int = 1

    @property
    def words(self) -> str:
        """``conv 3×3 16→24 on 28×28 stride 2×2 groups 2``; what is usual is left out."""
        size = f"{self.size[0]}×{self.size[1]}"
        if self.type != "conv":
            return f"{self.type} {self.channels_in}→{self.channels_out} on {size}"
        more = "".join(
            f" {name} {value}"
            for name, value, usual in (
                ("stride", f"{self.stride[0]}×{self.stride[1]}", "1×1"),
                ("dilation", self.dilation, 1),
                ("groups", self.groups, 1),
            )
            if value != usual
        )
        kernel = f"{self.kernel[0]}×{self.kernel[1]}"
        return f"conv {kernel} {self.channels_in}→{self.channels_out} on {size}{more}"


@dataclass(frozen=True)
class LatencyTable:
    """``entries``: microseconds of every layer for a batch of ``batch`` images, the least of ``repetitions``
    measurements on ``device`` with ``threads`` threads by ``torch`` (its version), ``measured`` at that time
    (ISO 8601, UTC)."""

    device: str
    threads: int
    batch: int
    repetitions: int
    torch: str
    measured: str
    entries: Mapping[LayerKey, float]

    def missing(self, keys: Iterable[LayerKey]) -> tuple[LayerKey, ...]:
        """Those of ``keys`` that were not measured, each once, in their order."""
        return tuple(key for key in dict.fromkeys(keys) if key not in self.entries)


# --- what a search needs -------------------------------------------------------------------------------


def op_keys(op: Op, fit: Fit) -> tuple[LayerKey, ...]:
    """The layers of an op in a cell, first to last; its addition to the others is the cell's."""
    h, k, g = fit.channels * op.expansion, op.kernel, op.groups
    (rows, columns), out, s = fit.size, fit.out_size, fit.stride
    found = [LayerKey("conv", fit.size, fit.channels, h, groups=g[0])]
    if op.kind == "mb":
        pad = (op.padding, op.padding)
        found.append(LayerKey("conv", fit.size, h, h, (k, k), (s, s), pad, op.dilation, h))
    elif op.kind == "rec":
        found.append(LayerKey("conv", fit.size, h, h, (1, k), (1, s), (0, op.padding)))
        # Between the two only the columns are fewer.
        found.append(LayerKey("conv", (rows, out[1]), h, h, (k, 1), (s, 1), (op.padding, 0)))
    else:
        for number in range(op.convs):
            stride = s if number == op.convs - 1 else 1
            pad = (op.padding, op.padding)
            found.append(LayerKey("conv", (rows, columns), h, h, (k, k), (stride, stride), pad))
    if op.excited:
        squeeze = op.squeezed(fit.channels)
        found.append(LayerKey("pool", out, h, h))
        found.append(LayerKey("conv", (1, 1), h, squeeze))
        found.append(LayerKey("conv", (1, 1), squeeze, h))
        found.append(LayerKey("multiply", out, h, h))
    found.append(LayerKey("conv", out, h, fit.out, groups=g[1]))
    return tuple(found)


def add_key(fit: Fit) -> LayerKey:
    """One of the additions by which a cell sums its outputs."""
    return LayerKey("add", fit.out_size, fit.out, fit.out)


def fixed_keys(skeleton: Skeleton, images: tuple[int, int, int], classes: int) -> tuple[LayerKey, ...]:
    """Stem, last convolution, global pooling, classifier, for images of shape (C, H, W)."""
    colours, rows, columns = images
    _, last = skeleton.ends((rows, columns))
    stride = (skeleton.stem_stride, skeleton.stem_stride)
    kernel, pad = (STEM_KERNEL, STEM_KERNEL), (STEM_KERNEL // 2, STEM_KERNEL // 2)
    return (
        LayerKey("conv", (rows, columns), colours, skeleton.channels[0], kernel, stride, pad),
        LayerKey("conv", last, skeleton.channels[-1], skeleton.tail),
        LayerKey("pool", last, skeleton.tail, skeleton.tail),
        LayerKey("linear", (1, 1), skeleton.tail, classes),
    )


def needed_keys(skeleton: Skeleton, images: tuple[int, int, int], classes: int) -> tuple[LayerKey, ...]:
    """Every layer that some path over the whole pool has, each once, in the order they first come."""
    found = dict.fromkeys(fixed_keys(skeleton, images, classes))
    for fit in dict.fromkeys(skeleton.fits(images[1:])):
        for op in skeleton.ops:
            found.update(dict.fromkeys(op_keys(op, fit)))
        found[add_key(fit)] = None
    return tuple(found)


def latency_costs(
    table: LatencyTable, skeleton: Skeleton, images: tuple[int, int, int], classes: int
) -> Table:
    """Microseconds of every op in every cell, for a batch of the table's size.

    Each op comes with one addition. R and E cells, which have no identity to add to, need one addition less
    than they have ops; that one is taken off ``fixed``. Raises ``InvalidParams`` at ``latency_table``, naming
    layers that were not measured."""
    missing = table.missing(needed_keys(skeleton, images, classes))
    if missing:
        named = "; ".join(key.words for key in missing[:_NAMED])
        more = f"; and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise InvalidParams(
            {
                "latency_table": f"the table of {table.device} lacks {len(missing)} of the layers of this"
                f" search: {named}{more}. Leave latency_table empty to have them measured first, or choose"
                " the space and the images that the table was measured for"
            }
        )
    fits = skeleton.fits(images[1:])
    rows = {
        fit: tuple(
            _exact(sum(table.entries[key] for key in (*op_keys(op, fit), add_key(fit))))
            for op in skeleton.ops
        )
        for fit in dict.fromkeys(fits)
    }
    fixed = _exact(sum(table.entries[key] for key in fixed_keys(skeleton, images, classes)))
    spared = [
        _exact(table.entries[add_key(fit)])
        for kind, fit in zip(skeleton.cells, fits, strict=True)
        if kind != "N"
    ]
    return Table(tuple(rows[fit] for fit in fits), fixed - sum(spared))


def _exact(microseconds: float) -> float:
    return round(microseconds * _GRAIN) / _GRAIN


# --- codec -----------------------------------------------------------------------------------------


def to_json(table: LatencyTable) -> Json:
    """An entry is a list: the nine parts of its key, then microseconds."""
    return {
        "schema": SCHEMA,
        "table": NAME,
        **{name: getattr(table, name) for name in (*_TEXTS, *_NUMBERS)},
        "unit": "microseconds",
        "statistic": "minimum",
        "entries": [
            [*(list(part) if isinstance(part, tuple) else part for part in key), value]
            for key, value in table.entries.items()
        ],
    }


def parse(value: Any) -> LatencyTable:
    """The table of :func:`to_json`. Raises ``InvalidParams`` at ``latency_table``, naming the part, what was
    expected and what came."""
    try:
        return _parsed(canonical(value))
    except InvalidGenome as error:
        raise InvalidParams({"latency_table": str(error)}) from None


@lru_cache(maxsize=8)
def _parsed(text: str) -> LatencyTable:
    head = ("schema", "table", *_TEXTS, *_NUMBERS, "unit", "statistic", "entries")
    found = object_with(loads(text), "table", head)
    whole(found["schema"], SCHEMA, SCHEMA, "schema")
    for name, only in (("table", NAME), ("unit", "microseconds"), ("statistic", "minimum")):
        choice(found[name], (only,), name)
    for name in _TEXTS:
        if not isinstance(found[name], str) or not 1 <= len(found[name]) <= 200:
            raise InvalidGenome(f"{name}: expected a text of 1 to 200 letters, got {found[name]!r:.60}")
    numbers = {name: whole(found[name], 1, _LARGEST, name) for name in _NUMBERS}
    if not isinstance(found["entries"], list):
        raise InvalidGenome(f"entries: expected a list, got {found['entries']!r:.60}")
    entries: dict[LayerKey, float] = {}
    for place, row in enumerate(found["entries"]):
        key, microseconds = _entry(row, f"entries[{place}]")
        if key in entries:
            raise InvalidGenome(f"entries[{place}]: {key.words} stands twice")
        entries[key] = microseconds
    return LatencyTable(
        found["device"],
        numbers["threads"],
        numbers["batch"],
        numbers["repetitions"],
        found["torch"],
        found["measured"],
        entries,
    )


def _entry(row: Any, name: str) -> tuple[LayerKey, float]:
    parts = len(LayerKey._fields)
    if not isinstance(row, list) or len(row) != parts + 1:
        raise InvalidGenome(f"{name}: expected a list of {parts + 1}, got {row!r:.60}")
    values = dict(zip(LayerKey._fields, row, strict=False))
    key = LayerKey(
        type=choice(values["type"], TYPES, f"{name}, type"),
        size=_pair(values["size"], 1, f"{name}, size"),
        channels_in=whole(values["channels_in"], 1, _LARGEST, f"{name}, channels_in"),
        channels_out=whole(values["channels_out"], 1, _LARGEST, f"{name}, channels_out"),
        kernel=_pair(values["kernel"], 1, f"{name}, kernel"),
        stride=_pair(values["stride"], 1, f"{name}, stride"),
        padding=_pair(values["padding"], 0, f"{name}, padding"),
        dilation=whole(values["dilation"], 1, _LARGEST, f"{name}, dilation"),
        groups=whole(values["groups"], 1, _LARGEST, f"{name}, groups"),
    )
    value = row[-1]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not isfinite(value) or value < 0:
        raise InvalidGenome(f"{name}: expected microseconds of at least 0, got {value!r:.60}")
    return key, float(value)


def _pair(value: Any, least: int, name: str) -> Size:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise InvalidGenome(f"{name}: expected [height, width], got {value!r:.60}")
    return whole(value[0], least, _LARGEST, name), whole(value[1], least, _LARGEST, name)
