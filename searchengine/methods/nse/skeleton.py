"""The fixed part of every network: stem, the row of cells with their channels and sizes, tail.

A cell of type N keeps shape and may be empty, R halves the size and goes to the next stage's channels, E goes
there at stride 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from searchengine.core.jsontext import Json
from searchengine.methods.nse.ops import POOLS, REDUCTION, Fit, Op, reduced

KINDS = "NRE"
MOST_CELLS = 64
WIDEST = 4096
STEM_KERNEL = 3
_EXCITED = {name: tuple(op._replace(excited=True) for op in pool) for name, pool in POOLS.items()}


class Ends(NamedTuple):
    """Sizes (H, W) after the stem and after the last cell."""

    stem: tuple[int, int]
    last: tuple[int, int]


@dataclass(frozen=True)
class Skeleton:
    """``cells``: the string of cell types; ``channels``: one number a stage, the first is the stem's;
    ``stem_stride`` 1 or 2; ``tail``: channels of the last 1×1 convolution, with normalisation where
    ``tail_norm``; ``pool``: name of the op pool; ``excited``: ops have squeeze-and-excitation (a way to train
    a path, no gene: it stands in no genome).

    Raises ``ValueError`` in words when they do not fit each other."""

    cells: str
    channels: tuple[int, ...]
    stem_stride: int = 2
    tail: int = 1024
    tail_norm: bool = False
    pool: str = "pool27"
    excited: bool = False

    def __post_init__(self) -> None:
        if not self.cells or set(self.cells) - set(KINDS) or len(self.cells) > MOST_CELLS:
            raise ValueError(
                f"cells: expected 1 to {MOST_CELLS} letters N, R or E, such as NRNNENN,"
                f" got {self.cells!r:.80}"
            )
        wanted = 1 + sum(kind != "N" for kind in self.cells)
        if len(self.channels) != wanted or any(not 1 <= one <= WIDEST for one in self.channels):
            raise ValueError(
                f"channels: the cells {self.cells} have {wanted} stages (one more than R and E cells), so"
                f" {wanted} numbers from 1 to {WIDEST} are needed, got {', '.join(map(str, self.channels))}"
            )
        if self.stem_stride not in (1, 2):
            raise ValueError(f"stem_stride: expected 1 or 2, got {self.stem_stride}")
        if not 1 <= self.tail <= WIDEST:
            raise ValueError(f"tail: expected 1 to {WIDEST} channels, got {self.tail}")
        if self.pool not in POOLS:
            raise ValueError(f"pool: expected one of {', '.join(POOLS)}, got {self.pool!r:.40}")
        narrow = min(self.channels) * min(op.expansion for op in POOLS[self.pool])
        if self.excited and narrow < REDUCTION:
            raise ValueError(
                f"channels: squeeze-and-excitation leaves one channel of {REDUCTION}, and a cell with"
                f" {narrow} hidden channels would keep none; take at least {REDUCTION} channels a stage"
            )

    @property
    def ops(self) -> tuple[Op, ...]:
        """The pool; positions are ids."""
        return _EXCITED[self.pool] if self.excited else POOLS[self.pool]

    def fits(self, size: tuple[int, int]) -> tuple[Fit, ...]:
        """Where the ops of every cell stand, for images of ``size`` (H, W)."""
        rows, columns = (reduced(one, self.stem_stride) for one in size)
        stage, found = 0, []
        for kind in self.cells:
            stride = 2 if kind == "R" else 1
            out = self.channels[stage + (kind != "N")]
            found.append(Fit(self.channels[stage], out, (rows, columns), stride))
            stage += kind != "N"
            rows, columns = reduced(rows, stride), reduced(columns, stride)
        return tuple(found)

    def ends(self, size: tuple[int, int]) -> Ends:
        """Sizes after stem and cells."""
        cells = self.fits(size)
        return Ends(cells[0].size, cells[-1].out_size)

    def widened(self, scale: float) -> Skeleton:
        """The same skeleton with all channels but the first times ``scale``, rounded to eights and never
        below nine tenths of it. Used only when a found network is trained again."""
        if scale == 1.0:
            return self
        first, *rest = self.channels
        return replace(self, channels=(first, *(_rounded(one * scale) for one in rest)))

    def as_trained(self, space_params: Json) -> Skeleton:
        """The skeleton of a genome as the space of these parameters (JSON) builds it: as wide, with or
        without squeeze-and-excitation."""
        wide = self.widened(float(space_params["width"]))
        return replace(wide, excited=bool(space_params.get("excitation", False)))


def ner(counts: Sequence[int]) -> str:
    """N·a0 R N·a1 R N·a2 R N·a3 E N·a4 R N·a5 E: six counts of N cells."""
    if len(counts) != 6:
        raise ValueError(f"expected six counts of N cells, got {len(counts)}")
    return "".join("N" * count + kind for count, kind in zip(counts, "RRRERE", strict=True))


def nr(counts: Sequence[int]) -> str:
    """Groups of N cells joined by R."""
    return "R".join("N" * count for count in counts)


def _rounded(width: float) -> int:
    found = max(8, int((width + 4) // 8) * 8)
    return found + 8 if found < 0.9 * width else found
