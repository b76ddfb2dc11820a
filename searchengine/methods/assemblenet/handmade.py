"""The network people drew before: one chain of blocks a stream, joined only at the classifier."""

from __future__ import annotations

from searchengine.methods.assemblenet.genome import LEVELS, Bounds, Genome, Node


def two_streams(bounds: Bounds) -> Genome:
    """Late fusion: an RGB and a flow stem, two blocks a level with half its filters, chains that never
    cross. A search with one block on the last level gets one that reads both chains."""
    nodes = [Node(0, "rgb", 0, bounds.dilations[0]), Node(1, "flow", 0, 1)]
    last = (0, 1)
    for level in range(1, LEVELS + 1):
        total = bounds.totals[level - 1]
        chains = min(2, bounds.most_blocks(level))
        made = []
        for chain in range(chains):
            inputs = tuple(sorted(set(last))) if chains == 1 else (last[chain],)
            filters = total // chains + (chain < total % chains)
            nodes.append(Node(len(nodes), "block", level, bounds.dilations[0], filters, inputs))
            made.append(nodes[-1].id)
        last = (made[0], made[-1])
    return Genome(bounds.depth, bounds.stem_total, tuple(nodes))
