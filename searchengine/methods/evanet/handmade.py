"""Networks people drew before the search: one layer type everywhere, two equal branches a block.

They seed the hybrid first population (one mutation each) and are the baselines a found network stands beside.
"""

from __future__ import annotations

from typing import NamedTuple

from searchengine.methods.evanet.genome import Block, Bounds, Branch, Genome, Stem, pool_names


class HandMade(NamedTuple):
    """One layer type ``op`` with temporal kernel ``t`` (the nearest one the space has) in stem and
    branches."""

    title: str
    op: str
    t: int


HAND_MADE: dict[str, HandMade] = {
    "conv3d": HandMade("all 3D convolutions of 3 frames (I3D-like)", "conv3d", 3),
    "conv2p1d": HandMade("all (2+1)D convolutions of 3 frames (R(2+1)D-like)", "conv2p1d", 3),
    "flat": HandMade("2D only, each frame on its own", "conv3d", 1),
    "itgm": HandMade("all iTGM of 7 frames", "itgm", 7),
    "itgm_long": HandMade("all iTGM of 11 frames", "itgm", 11),
}
BASELINES = ("conv3d", "conv2p1d", "itgm", "flat")


def hand_made(name: str, bounds: Bounds) -> Genome:
    """The hand-made network ``name`` inside ``bounds``: pools of one frame, no repeats, two branches where
    they fit."""
    made = HAND_MADE[name]
    return uniform(made.op, made.t, bounds)


def uniform(op: str, t: int, bounds: Bounds) -> Genome:
    """One operation everywhere, with the temporal kernel nearest to ``t`` that the space has."""
    sizes = bounds.temporal_sizes
    nearest = min(sizes, key=lambda size: (abs(size - t), size))
    branch = Branch("conv", op, nearest)
    return Genome(
        meta=bounds.meta,
        width=bounds.width,
        in_channels=bounds.in_channels,
        stem=Stem(op, nearest),
        pools=tuple((name, min(sizes)) for name in pool_names(bounds.meta, bounds.blocks)),
        blocks=tuple(
            Block(1, (branch,) * min(2, bounds.branch_limit(index))) for index in range(bounds.blocks)
        ),
    )


def smallest(bounds: Bounds) -> Genome:
    """The network with the fewest layers inside ``bounds``: one 1×1×1 branch a block, everything one frame
    long."""
    least = min(bounds.temporal_sizes)
    return Genome(
        meta=bounds.meta,
        width=bounds.width,
        in_channels=bounds.in_channels,
        stem=Stem("conv3d", least),
        pools=tuple((name, least) for name in pool_names(bounds.meta, bounds.blocks)),
        blocks=(Block(1, (Branch("point"),)),) * bounds.blocks,
    )
