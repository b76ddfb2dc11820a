"""The cards of a method's picture: how large they are, and where they stand in their lanes.

Lengths are in the units of the drawing's view box, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from searchengine.report.picture import Picture, PictureNode

MARGIN = 18.0
HEAD = 34.0
"""Height of the lanes' titles."""

LANE_GAP = 118.0
CARD_GAP = 30.0
CARD_WIDTH = (108.0, 190.0)
TITLE_LINE = 17.0
LINE = 14.0
MIX_BAR = 5.0
PAD = 9.0
PITCH = 7.0
"""From one edge to the next where several share a gap or a side of a card."""

Crowds = dict[tuple[int, int], list[int]]
"""The numbers of the edges that go through each (lane, gap). Gap 0 of a lane is above its first card, gap n
below its n-th."""


class Card(NamedTuple):
    """A node with its box."""

    node: PictureNode
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def card_width(picture: Picture) -> float:
    """One width for all cards: that of the longest text, within bounds."""
    texts = [
        max([7.4 * len(node.title), *(6.1 * len(line) for line in node.lines)]) for node in picture.nodes
    ]
    return min(max(max(texts, default=0.0) + 2 * PAD + 4, CARD_WIDTH[0]), CARD_WIDTH[1])


def card_height(node: PictureNode) -> float:
    """Title, lines and, with a colour, the bar of its two shares."""
    bar = MIX_BAR + 5 if node.mix is not None else 0.0
    return 2 * PAD + TITLE_LINE - 3 + LINE * len(node.lines) + bar


def in_lanes(picture: Picture) -> list[list[PictureNode]]:
    """The nodes lane by lane, each from above."""
    count = max([len(picture.lanes), *(node.lane + 1 for node in picture.nodes)], default=0)
    lanes: list[list[PictureNode]] = [[] for _ in range(count)]
    for node in {node.name: node for node in picture.nodes}.values():
        lanes[max(node.lane, 0)].append(node)
    return [sorted(lane, key=lambda node: node.place) for lane in lanes]


def places(lanes: Sequence[Sequence[PictureNode]], crowds: Crowds) -> tuple[list[list[float]], float]:
    """The top of every card of every lane, and the height of the whole."""
    gaps = [[_gap(crowds, index, gap) for gap in range(len(lane) + 1)] for index, lane in enumerate(lanes)]
    needs = [sum(gaps[index]) + sum(card_height(node) for node in lane) for index, lane in enumerate(lanes)]
    body = max(needs, default=0.0)
    found = []
    for index, lane in enumerate(lanes):
        # A lane with few cards spreads them a little, so that edges reach them at gentle angles.
        spare = (body - needs[index]) / (len(lane) + 1) if lane else 0.0
        stretch = min(spare, 26.0)
        top = HEAD + (body - needs[index] - stretch * max(len(lane) - 1, 0)) / 2
        tops = []
        for row, node in enumerate(lane):
            top += gaps[index][row] + (stretch if row else 0.0)
            tops.append(top)
            top += card_height(node)
        found.append(tops)
    return found, HEAD + body + MARGIN / 2


def gap_middles(
    lane: Sequence[PictureNode], tops: Sequence[float], crowds: Crowds, index: int
) -> list[float]:
    """The y of the middle of every gap of the ``index``-th lane, which has cards; the outer two gaps are as
    wide as their edges need."""
    heights = [card_height(node) for node in lane]
    between = [
        (top + height + below) / 2 for top, height, below in zip(tops, heights, tops[1:], strict=False)
    ]
    first = tops[0] - _gap(crowds, index, 0) / 2
    last = tops[-1] + heights[-1] + _gap(crowds, index, len(lane)) / 2
    return [first, *between, last]


def _gap(crowds: Crowds, lane: int, gap: int) -> float:
    edges = len(crowds.get((lane, gap), ()))
    return max(CARD_GAP, (edges + 1) * PITCH + 8) if edges else CARD_GAP
