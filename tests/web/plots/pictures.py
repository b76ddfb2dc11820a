"""A hand-made picture of four streams: four stems, eleven blocks on four levels, thirty connections."""

from __future__ import annotations

from searchengine.report.picture import Picture, PictureEdge, PictureNode

LEVELS = {0: (0, 1, 2, 3), 1: (4, 5, 6, 7), 2: (8, 9, 10, 11), 3: (12, 13), 4: (14,)}
WEIGHTS: dict[int, dict[int, float | None]] = {
    4: {1: None},
    5: {0: None},
    6: {0: 0.1381, 1: 0.8465, 2: 0.3073, 3: 0.2867},
    7: {2: 0.5846, 3: 0.6066},
    8: {0: 0.1638, 4: 0.8853, 5: 0.4040, 6: 0.6823, 7: 0.5332},
    9: {0: 0.0286, 2: 0.1033, 4: 0.7517, 7: 0.9260},
    10: {0: 0.2883, 5: 0.7628, 7: 0.4050},
    11: {0: 0.2347, 5: 0.7841},
    12: {4: 0.2762, 8: 0.9515, 10: 0.6569, 11: 0.9548},
    13: {8: 0.5047, 9: 0.8877},
    14: {12: 0.9892, 13: 0.8455},
}


def title(node: int) -> str:
    return f"Block {node}" if node > 3 else f"RGB {node}" if node < 2 else f"flow {node}"


def streams() -> Picture:
    """The picture without any change to it."""
    nodes = [
        PictureNode(str(node), lane, place, title(node), (f"F {32 * lane}",), node % 4 / 3)
        for lane, row in LEVELS.items()
        for place, node in enumerate(row)
    ]
    edges = [
        PictureEdge(str(source), str(target), weight, weight is not None and weight <= 0.5)
        for target, inputs in WEIGHTS.items()
        for source, weight in inputs.items()
    ]
    lanes = ("Stems", "Level 1", "Level 2", "Level 3", "Level 4")
    return Picture("Streams", "What feeds what.", lanes, tuple(nodes), tuple(edges), ("RGB", "flow"))


def changed() -> Picture:
    """The same after a mutation: one edge dropped, one added, one repaired, a block split."""
    before = streams()
    edges = list(before.edges)
    edges[0] = edges[0]._replace(status="repaired")
    edges[5] = edges[5]._replace(status="added", weight=None, faint=False)
    edges.append(PictureEdge("3", "9", 0.1, True, "removed"))
    nodes = list(before.nodes)
    nodes[-2] = nodes[-2]._replace(status="added", badges=("split of 12",))
    return before._replace(nodes=tuple(nodes), edges=tuple(edges))
