"""What several tests of NSE share: the small skeleton and random paths."""

from __future__ import annotations

from hypothesis import strategies as st

from searchengine.methods.nse.ops import POOLS
from searchengine.methods.nse.skeleton import Skeleton
from searchengine.methods.nse.subset import Cells

SMALL = Skeleton("NRNNENN", (8, 16, 24), 1, 64, True, "small13")


@st.composite
def skeletons(draw: st.DrawFn) -> Skeleton:
    """Any row of one to six cells over any pool."""
    cells = draw(st.text("NRE", min_size=1, max_size=6))
    stages = 1 + sum(kind != "N" for kind in cells)
    # Grouped ops need even widths.
    channels = draw(st.lists(st.sampled_from([2, 4, 6, 8]), min_size=stages, max_size=stages))
    return Skeleton(
        cells,
        tuple(channels),
        draw(st.sampled_from([1, 2])),
        draw(st.integers(1, 12)),
        draw(st.booleans()),
        draw(st.sampled_from(sorted(POOLS))),
    )


@st.composite
def paths(draw: st.DrawFn, skeleton: Skeleton) -> Cells:
    """Any legal path, at most three ops a cell."""
    found = []
    for kind in skeleton.cells:
        ops = st.integers(0, len(skeleton.ops) - 1)
        found.append(tuple(sorted(draw(st.sets(ops, min_size=int(kind != "N"), max_size=3)))))
    return tuple(found)
