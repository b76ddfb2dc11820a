"""Where everything in a method's picture stands: lanes from left to right, cards in them, edges between."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.report.picture import Picture
from webapp.plots.picture_cards import LANE_GAP, MARGIN, Card, card_height, card_width, in_lanes, places
from webapp.plots.picture_ways import Ways, Wire, wires


class LaneBand(NamedTuple):
    """A lane's title and the band behind its cards."""

    title: str
    x: float
    width: float


class PictureLayout(NamedTuple):
    """A picture laid out. Edges of nodes that are not in the picture are left out."""

    width: float
    height: float
    lanes: tuple[LaneBand, ...]
    cards: tuple[Card, ...]
    wires: tuple[Wire, ...]


def lay_out(picture: Picture) -> PictureLayout:
    """Cards in their lanes, each lane in the middle of the height, and a way for every edge."""
    lanes = in_lanes(picture)
    width = card_width(picture)
    ways = Ways(picture, lanes)
    tops, height = places(lanes, ways.crowds())
    lefts = [MARGIN + index * (width + LANE_GAP) for index in range(len(lanes))]
    cards = {
        node.name: Card(node, lefts[index], y, width, card_height(node))
        for index, lane in enumerate(lanes)
        for node, y in zip(lane, tops[index], strict=True)
    }
    titles = [*picture.lanes, *[""] * (len(lanes) - len(picture.lanes))]
    return PictureLayout(
        width=2 * MARGIN + len(lanes) * width + max(len(lanes) - 1, 0) * LANE_GAP,
        height=height,
        lanes=tuple(LaneBand(title, left, width) for title, left in zip(titles, lefts, strict=True)),
        cards=tuple(cards[node.name] for lane in lanes for node in lane),
        wires=wires(picture, cards, ways, lefts),
    )
