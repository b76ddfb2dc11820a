"""Batches in parts, where memory does not hold a whole one."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from searchengine.training.context import Context

FEWEST = 2
"""Samples of a part at least: normalisation of one alone has nothing to measure on a map of one pixel."""


class Part(NamedTuple):
    """``samples`` of a batch, which are ``share`` of it."""

    samples: slice
    share: float


def most_at_once(context: Context, batch: int) -> int:
    """Samples of a batch of ``batch`` that go through at once: what the recipe says, half of it when an
    earlier attempt ran out of memory."""
    most = min(context.recipe.micro_batch or batch, batch)
    return max(1, -(-most // context.micro_batch_divisor))


def parts(batch: int, most: int) -> tuple[Part, ...]:
    """A batch of ``batch`` samples in parts as equal as can be, of at most ``most`` samples, or of two to
    three where that is fewer. A batch that fits is one part with a share of exactly 1."""
    count = max(1, min(-(-batch // most), batch // FEWEST))
    ends = [batch * number // count for number in range(count + 1)]
    return tuple(Part(slice(start, end), (end - start) / batch) for start, end in pairwise(ends))
