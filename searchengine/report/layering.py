"""Layered placement of one level of a drawing: ranks by longest path, barycentre order, straightened columns.

Sugiyama, Tagawa and Toda (1981) in its usual steps. Pure Python, deterministic, near linear for the graphs of
networks: edges that would need very many bends are led along the right side instead.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from operator import le
from typing import NamedTuple

GAP_X = 18.0
GAP_Y = 34.0
LANE = 10.0
SWEEPS = 6
MOST_BENDS = 4000

Edge = tuple[int, int, str]
"""From item to item, by index, with a name that tells apart lines between the same two."""


class Item(NamedTuple):
    """Something to place. ``first`` forces it into the first rank, ``last`` into the last."""

    width: float
    height: float
    first: bool = False
    last: bool = False


class Placed(NamedTuple):
    """Upper left corners of the items; for each edge the points between its ends; which edges run along the
    side; the size of it all."""

    corners: list[tuple[float, float]]
    bends: dict[Edge, list[tuple[float, float]]]
    aside: frozenset[Edge]
    width: float
    height: float


def place(items: Sequence[Item], edges: Sequence[Edge]) -> Placed:
    """Places ``items`` so that edges run downwards. Edges that close a cycle are drawn upwards, and shape
    nothing."""
    if not items:
        return Placed([], {}, frozenset(), 0.0, 0.0)
    downwards = _without_cycles(len(items), edges)
    ranks = _ranks(items, downwards)
    near = _to_bend(downwards, ranks)
    chains, layer_of, count = _chains(near, ranks, len(items))
    layers = _ordered(layer_of, chains, count)
    widths = [item.width for item in items] + [2.0] * (count - len(items))
    centres = _straightened(layers, chains, widths, len(items))
    return _finish(items, edges, layers, ranks, chains, centres)


def _without_cycles(count: int, edges: Sequence[Edge]) -> list[Edge]:
    """The edges that go on from a depth-first order without closing a cycle (iterative, in order of
    index)."""
    following: dict[int, list[Edge]] = {}
    for edge in edges:
        if edge[0] != edge[1]:
            following.setdefault(edge[0], []).append(edge)
    state = [0] * count
    kept: list[Edge] = []
    for root in range(count):
        if state[root]:
            continue
        stack = [(root, iter(following.get(root, ())))]
        state[root] = 1
        while stack:
            node, rest = stack[-1]
            for edge in rest:
                if state[edge[1]] == 1:
                    continue
                kept.append(edge)
                if state[edge[1]] == 0:
                    state[edge[1]] = 1
                    stack.append((edge[1], iter(following.get(edge[1], ()))))
                    break
            else:
                state[node] = 2
                stack.pop()
    return kept


def _ranks(items: Sequence[Item], edges: Sequence[Edge]) -> list[int]:
    """Longest path from the sources; then sources move down next to what reads them."""
    count = len(items)
    following: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for tail, head, _ in edges:
        following[tail].append(head)
        waiting[head] += 1
    sources = [index for index in range(count) if not waiting[index]]
    ranks = [0] * count
    ready = list(sources)
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for head in following[node]:
            ranks[head] = max(ranks[head], ranks[node] + 1)
            waiting[head] -= 1
            if not waiting[head]:
                ready.append(head)
    for node in sources:
        if not items[node].first and following[node]:
            ranks[node] = max(ranks[node], min(ranks[head] for head in following[node]) - 1)
    bottom = max(ranks)
    if any(item.last for item in items):
        if any(ranks[i] == bottom and not item.last for i, item in enumerate(items)):
            bottom += 1
        ranks = [bottom if item.last else rank for rank, item in zip(ranks, items, strict=True)]
    return ranks


def _to_bend(edges: list[Edge], ranks: Sequence[int]) -> list[Edge]:
    """Edges to lead between the boxes: all, or the shortest where the bends would be too many."""
    by_length = sorted(edges, key=lambda edge: (ranks[edge[1]] - ranks[edge[0]], edge))
    bends, near = 0, []
    for edge in by_length:
        bends += max(0, ranks[edge[1]] - ranks[edge[0]] - 1)
        if bends > MOST_BENDS:
            break
        near.append(edge)
    return near


def _chains(
    edges: list[Edge], ranks: Sequence[int], count: int
) -> tuple[dict[Edge, list[int]], list[int], int]:
    """For each edge the points it runs through (items at both ends, bends between); lines from one item with
    one name share their bends as far as they go together."""
    layer_of = list(ranks)
    shared: dict[tuple[int, str, int], int] = {}
    chains = {}
    for edge in edges:
        tail, head, name = edge
        chain = [tail]
        for rank in range(ranks[tail] + 1, ranks[head]):
            key = (tail, name, rank)
            if key not in shared:
                shared[key] = count
                layer_of.append(rank)
                count += 1
            chain.append(shared[key])
        chains[edge] = [*chain, head]
    return chains, layer_of, count


def _ordered(layer_of: Sequence[int], chains: Mapping[Edge, list[int]], count: int) -> list[list[int]]:
    """The order within each rank after a few sweeps down and up; the sweep with the fewest crossings wins."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for chain in chains.values():
        for tail, head in itertools.pairwise(chain):
            if tail not in above[head]:
                above[head].append(tail)
                below[tail].append(head)
    layers: list[list[int]] = [[] for _ in range(max(layer_of) + 1)]
    for point in range(count):
        layers[layer_of[point]].append(point)
    if all(len(layer) == 1 for layer in layers):
        return layers
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        spots = {point: float(index) for layer in layers for index, point in enumerate(layer)}
        for layer in layers if down else layers[::-1]:
            beside = above if down else below
            centre = {
                point: sum(spots[one] for one in beside[point]) / len(beside[point])
                if beside[point]
                else spots[point]
                for point in layer
            }
            layer.sort(key=lambda point: (centre[point], spots[point]))
            for index, point in enumerate(layer):
                spots[point] = float(index)
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _crossings(layers: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> int:
    """How many pairs of lines cross between neighbouring ranks, counted with a binary indexed tree."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        spot = {point: index for index, point in enumerate(lower)}
        ends = [s for point in upper for s in sorted([spot[one] for one in below[point]])]
        if all(map(le, ends, ends[1:])):
            continue  # in order already: nothing crosses
        tree = [0] * (len(lower) + 1)
        for seen, end in enumerate(ends):
            index, before = end + 1, 0
            while index:
                before += tree[index]
                index &= index - 1
            total += seen - before
            index = end + 1
            while index <= len(lower):
                tree[index] += 1
                index += index & -index
    return total


def _straightened(
    layers: Sequence[Sequence[int]], chains: Mapping[Edge, list[int]], widths: Sequence[float], items: int
) -> list[float]:
    """Centres on the x axis: each rank is pulled towards its neighbours' centres without changing its order.

    Bends pull harder than boxes, so long lines run straight.
    """
    beside: list[list[tuple[int, float]]] = [[] for _ in widths]
    for chain in chains.values():
        for tail, head in itertools.pairwise(chain):
            pull = 1.0 + 2.0 * (tail >= items) + 2.0 * (head >= items)
            beside[head].append((tail, pull))
            beside[tail].append((head, pull))
    centres = [0.0] * len(widths)
    for layer in layers:
        x = 0.0
        for point in layer:
            centres[point] = x + widths[point] / 2
            x += widths[point] + GAP_X
        for point in layer:
            centres[point] -= (x - GAP_X) / 2
    if len(widths) == 1:
        return centres
    # What no sweep changes: how hard a point is pulled in all, and the room that a rank needs.
    pulls = [sum([weight for _, weight in near]) for near in beside]
    ranks = [(layer, [pulls[point] or 0.1 for point in layer], _offsets(layer, widths)) for layer in layers]
    for sweep in range(8):
        for layer, weights, offsets in ranks if sweep % 2 == 0 else ranks[::-1]:
            wanted = []
            for point in layer:
                total = 0.0
                for one, weight in beside[point]:
                    total += centres[one] * weight
                wanted.append(total / pulls[point] if pulls[point] else centres[point])
            for point, centre in zip(layer, _spaced(wanted, weights, offsets), strict=True):
                centres[point] = centre
    return centres


def _offsets(layer: Sequence[int], widths: Sequence[float]) -> list[float]:
    """For each point of a rank the least distance of its centre from the first one's."""
    offsets, x = [], 0.0
    for before, point in zip([None, *layer], layer, strict=False):
        x += 0.0 if before is None else widths[before] / 2 + GAP_X + widths[point] / 2
        offsets.append(x)
    return offsets


def _spaced(wanted: Sequence[float], weights: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """Centres nearest to ``wanted`` in weighted least squares that keep order and gaps: pool adjacent
    violators on the wanted places minus the room needed to the left (``offsets``)."""
    pools: list[list[float]] = []  # mean, weight, members
    for place, weight, offset in zip(wanted, weights, offsets, strict=True):
        pools.append([place - offset, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, weight_above, members = pools.pop()
            pool = pools[-1]
            pool[0] = (pool[0] * pool[1] + mean * weight_above) / (pool[1] + weight_above)
            pool[1] += weight_above
            pool[2] += members
    means = [mean for mean, _, members in pools for _ in range(int(members))]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _finish(
    items: Sequence[Item],
    edges: Sequence[Edge],
    layers: Sequence[Sequence[int]],
    ranks: Sequence[int],
    chains: Mapping[Edge, list[int]],
    centres: Sequence[float],
) -> Placed:
    heights = [
        max((items[point].height for point in layer if point < len(items)), default=0.0) for layer in layers
    ]
    tops, y = [], 0.0
    for height in heights:
        tops.append(y)
        y += height + GAP_Y
    left = min(
        centres[point] - (items[point].width / 2 if point < len(items) else 1.0)
        for layer in layers
        for point in layer
    )
    right = max(
        centres[point] + (items[point].width / 2 if point < len(items) else 1.0)
        for layer in layers
        for point in layer
    )
    # Upper sides level with the rank: lines turn just above a rank, so they meet no box beside a lower one.
    corners = [
        (centres[index] - item.width / 2 - left, tops[ranks[index]]) for index, item in enumerate(items)
    ]
    layer_of = {point: rank for rank, layer in enumerate(layers) for point in layer}
    bends: dict[Edge, list[tuple[float, float]]] = {}
    for edge, chain in chains.items():
        points = []
        for point in chain[1:-1]:
            rank = layer_of[point]
            points += [
                (centres[point] - left, tops[rank]),
                (centres[point] - left, tops[rank] + heights[rank]),
            ]
        bends[edge] = points
    width = right - left
    lanes: dict[tuple[int, str], float] = {}
    aside = [edge for edge in edges if edge not in chains and edge[0] != edge[1]]
    for tail, head, name in aside:
        x = lanes.setdefault((tail, name), width + LANE * (len(lanes) % 60 + 1))
        bottom = tops[ranks[tail]] + heights[ranks[tail]] + GAP_Y / 3
        top = tops[ranks[head]] - GAP_Y / 3
        bends[(tail, head, name)] = [(x, bottom), (x, top)]
    width = max([width, *(lane + LANE for lane in lanes.values())])
    return Placed(corners, bends, frozenset(aside), width, y - GAP_Y)
