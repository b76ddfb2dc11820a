"""The ways of a picture's edges: curves from card to card, through the gaps of the lanes between them and
never behind a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from searchengine.report.picture import Picture, PictureEdge, PictureNode
from webapp.plots.picture_cards import PITCH, Card, Crowds, card_height, gap_middles, places

SHARES = (0.5, 0.36, 0.64, 0.24, 0.76)
"""Where along its way something may be written at an edge, the best place first."""

Point = tuple[float, float]


class Wire(NamedTuple):
    """An edge with its way: pairs of points, each pair joined by a curve that leaves and arrives
    horizontally; between one pair's end and the next one's start the way is straight. ``spots`` are points
    on it, the best one to write at first."""

    edge: PictureEdge
    bends: tuple[tuple[Point, Point], ...]
    spots: tuple[Point, ...]


class Ways:
    """Through which gap every edge crosses the lanes between its ends. Gap 0 is above a lane's first card,
    gap n below its n-th."""

    def __init__(self, picture: Picture, lanes: Sequence[Sequence[PictureNode]]) -> None:
        self._lanes = lanes
        self._places, _ = places(lanes, {})
        self._of = {
            node.name: (index, row) for index, lane in enumerate(lanes) for row, node in enumerate(lane)
        }
        self.gaps: dict[int, tuple[tuple[int, int], ...]] = {}
        for number, edge in enumerate(picture.edges):
            if edge.source in self._of and edge.target in self._of:
                self.gaps[number] = self._way(edge)

    def crowds(self) -> Crowds:
        found: Crowds = {}
        for number, way in self.gaps.items():
            for gap in way:
                found.setdefault(gap, []).append(number)
        return found

    def _way(self, edge: PictureEdge) -> tuple[tuple[int, int], ...]:
        (start, _), (end, _) = self._of[edge.source], self._of[edge.target]
        at, goal = self._middle(edge.source), self._middle(edge.target)
        way = []
        for lane in range(start + 1, end):
            if not self._lanes[lane]:
                continue
            wanted = at + (goal - at) / (end - lane + 1)
            gaps = self._gap_middles(lane)
            gap = min(range(len(gaps)), key=lambda index: abs(gaps[index] - wanted))
            way.append((lane, gap))
            at = gaps[gap]
        return tuple(way)

    def _middle(self, name: str) -> float:
        lane, row = self._of[name]
        return self._places[lane][row] + card_height(self._lanes[lane][row]) / 2

    def _gap_middles(self, lane: int) -> list[float]:
        return gap_middles(self._lanes[lane], self._places[lane], {}, lane)


def wires(picture: Picture, cards: dict[str, Card], ways: Ways, lefts: Sequence[float]) -> tuple[Wire, ...]:
    crowds = ways.crowds()
    through: dict[int, list[float]] = {number: [] for number in ways.gaps}
    heights = {name: card.middle for name, card in cards.items()}
    order = {
        number: (heights[picture.edges[number].source] + heights[picture.edges[number].target], number)
        for number in ways.gaps
    }
    for lane, gap in sorted(crowds):
        own = [card for card in cards.values() if card.x == lefts[lane]]
        middle = gap_middles([card.node for card in own], [card.y for card in own], crowds, lane)[gap]
        numbers = sorted(crowds[lane, gap], key=lambda number: order[number])
        for row, number in enumerate(numbers):
            through[number].append(middle + (row - (len(numbers) - 1) / 2) * PITCH)
    starts, ends = _ports(picture, cards, through)
    found = []
    for number, edge in enumerate(picture.edges):
        if number not in through:
            continue
        source, target = cards[edge.source], cards[edge.target]
        points = [(source.x + source.width, starts[number])]
        for (lane, _), y in zip(ways.gaps[number], through[number], strict=True):
            points += [(lefts[lane], y), (lefts[lane] + source.width, y)]
        points.append((target.x, ends[number]))
        bends = tuple(zip(points[::2], points[1::2], strict=True))
        found.append(Wire(edge, bends, _spots(bends)))
    return tuple(found)


def _ports(
    picture: Picture, cards: dict[str, Card], through: dict[int, list[float]]
) -> tuple[dict[int, float], dict[int, float]]:
    """Where each edge leaves its source and reaches its target, in the order in which they go on."""
    leaving: dict[str, list[tuple[float, int]]] = {}
    coming: dict[str, list[tuple[float, int]]] = {}
    for number, ys in through.items():
        edge = picture.edges[number]
        following = ys[0] if ys else cards[edge.target].middle
        before = ys[-1] if ys else cards[edge.source].middle
        leaving.setdefault(edge.source, []).append((following, number))
        coming.setdefault(edge.target, []).append((before, number))
    return _spread(cards, leaving), _spread(cards, coming)


def _spread(cards: dict[str, Card], sides: dict[str, list[tuple[float, int]]]) -> dict[int, float]:
    found = {}
    for name, edges in sides.items():
        card = cards[name]
        step = min(PITCH + 2, (card.height - 14) / max(len(edges) - 1, 1))
        for row, (_, number) in enumerate(sorted(edges)):
            found[number] = card.middle + (row - (len(edges) - 1) / 2) * step
    return found


def _spots(bends: Sequence[tuple[Point, Point]]) -> tuple[Point, ...]:
    """Points on the curves, those of the middle one first."""
    middle = (len(bends) - 1) / 2
    by_middle = sorted(range(len(bends)), key=lambda index: (abs(index - middle), -index))
    return tuple(_on(*bends[index], share) for index in by_middle for share in SHARES)


def _on(start: Point, end: Point, t: float) -> Point:
    """The point at ``t`` in [0, 1] of the cubic curve whose handles are half way, at the ends' heights."""
    half = (start[0] + end[0]) / 2
    a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    return a * start[0] + (b + c) * half + d * end[0], (a + b) * start[1] + (c + d) * end[1]
