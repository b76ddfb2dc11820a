"""A method's picture as a drawing: looks by class alone, words beside colours, no text breaks out."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from searchengine.report.picture import Picture, PictureEdge, PictureNode
from tests.web.plots.pictures import changed, streams
from webapp.plots.picture_cards import Card
from webapp.plots.picture_drawing import FEW_EDGES, picture_drawing
from webapp.plots.picture_file import picture_file
from webapp.plots.picture_layout import lay_out
from webapp.plots.picture_words import edge_rows, node_rows, picture_label

HOSTILE = '"><script>alert(1)</script><g onload="x'
SVG = "{http://www.w3.org/2000/svg}"


def elements(picture: Picture, look: str) -> list[ElementTree.Element]:
    """The drawing's elements that have the class ``look``."""
    return [one for one in ElementTree.fromstring(picture_drawing(picture)).iter() if look in classes(one)]


def classes(element: ElementTree.Element) -> list[str]:
    return (element.get("class") or "").split()


def edge_of(picture: Picture, source: str, target: str) -> ElementTree.Element:
    (found,) = [
        one
        for one in elements(picture, "pic-edge")
        if (one.get("data-source"), one.get("data-target")) == (source, target)
    ]
    return found


def test_every_node_and_edge_is_drawn_once() -> None:
    assert len(elements(streams(), "pic-node")) == 15
    assert len(elements(streams(), "pic-edge")) == 30
    assert [one.text for one in elements(streams(), "pic-lane")] == [*streams().lanes]


@pytest.mark.parametrize(
    ("source", "target", "look"),
    [
        ("0", "8", "pic-edge w-2 faint"),
        ("4", "8", "pic-edge w-9"),
        ("1", "4", "pic-edge w-unknown"),
        ("0", "9", "pic-edge w-0 faint"),
    ],
)
def test_an_edge_is_as_wide_as_it_is_strong_and_dashed_when_faint(
    source: str, target: str, look: str
) -> None:
    assert edge_of(streams(), source, target).get("class") == look


def test_an_edge_says_its_ends_and_its_weight() -> None:
    assert edge_of(streams(), "0", "8").findtext("title") == "RGB 0 → Block 8: weight 0.16"
    assert edge_of(streams(), "1", "4").findtext("title") == "RGB 1 → Block 4"


def test_a_card_is_coloured_by_its_share_and_says_it() -> None:
    looks = {one.get("data-node"): one for one in elements(streams(), "pic-node")}
    assert [looks[node].get("class") for node in "0123"] == [f"pic-node mix-{n}" for n in (0, 3, 7, 10)]
    assert "67 % RGB, 33 % flow" in (looks["1"].findtext("title") or "")
    plain = PictureNode("a", 0, 0, "A")
    assert elements(Picture("P", "", ("L",), (plain,), ()), "pic-node")[0].get("class") == "pic-node mix-none"


def test_a_change_has_a_sign_beside_its_colour() -> None:
    signs = {classes(one)[1]: one.findtext("text") for one in elements(changed(), "pic-sign")}
    assert signs == {"added": "+", "removed": "×", "repaired": "!"}
    assert edge_of(changed(), "3", "9").findtext("title") == "flow 3 → Block 9: weight 0.10, removed"
    assert [one.findtext("text") for one in elements(changed(), "pic-badge")] == ["+", "split of 12"]
    assert "pic-changed" in classes(ElementTree.fromstring(picture_drawing(changed())))
    assert not elements(streams(), "pic-sign")


def test_few_edges_show_their_weight_and_the_way_it_took() -> None:
    nodes = (PictureNode("a", 0, 0, "A"), PictureNode("b", 1, 0, "B"))
    one = PictureEdge("a", "b", 0.8, trace=(0.5, 0.6, 0.8))
    few = Picture("P", "", ("from", "to"), nodes, (one,))
    assert len((elements(few, "pic-trace")[0].get("points") or "").split()) == 3
    assert elements(few, "pic-weight")[0].text == "0.80"
    many = few._replace(edges=(one,) * (FEW_EDGES + 1))
    assert not elements(many, "pic-trace")
    assert {one.get("data-trace") for one in elements(many, "pic-edge")} == {"0.50 0.60 0.80"}
    assert elements(few, "pic-edge")[0].get("data-trace") is None, "it is written there already"
    long = one._replace(trace=tuple(step / 100 for step in range(50)))
    edges = elements(few._replace(edges=(long,) * (FEW_EDGES + 1)), "pic-edge")
    said = (edges[0].get("data-trace") or "").split()
    assert (len(said), said[0], said[-1]) == (12, "0.00", "0.49")
    assert edge_rows(many)[0].moved == "0.50 to 0.80"
    assert "in training: 0.50 0.60 0.80" in (elements(many, "pic-edge")[0].findtext("title") or "")


@pytest.mark.parametrize("draw", [picture_drawing, picture_file])
def test_text_never_breaks_out(draw: object) -> None:
    nodes = (
        PictureNode(HOSTILE, 0, 0, HOSTILE, (HOSTILE,), 0.5, (HOSTILE,)),
        PictureNode("b", 1, 0, HOSTILE, (HOSTILE,) * 3),
    )
    edges = (PictureEdge(HOSTILE, "b", 0.5, status="added", trace=(0.1, 0.2)),)
    picture = Picture(HOSTILE, HOSTILE, (HOSTILE, HOSTILE), nodes, edges, (HOSTILE, HOSTILE), (HOSTILE,))
    text = str(draw(picture))  # type: ignore[operator]
    assert "<script" not in text
    for element in ElementTree.fromstring(text).iter():
        assert not [name for name in element.attrib if name.startswith("on")]


@pytest.mark.parametrize("picture", [streams(), changed()], ids=["whole", "changed"])
def test_the_page_s_drawing_holds_no_style_of_its_own(picture: Picture) -> None:
    text = picture_drawing(picture)
    assert not re.search(r"style|fill=|stroke=|#[0-9a-f]{6}", text)
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert (root.get("aria-label") or "").startswith("Streams: 15 nodes in 5 lanes from left to right, ")
    keys = [key for one in root.iter() if (key := one.get("data-key")) and "pic-mark" not in classes(one)]
    assert len(keys) == len(set(keys)), "what moves in the page is told apart by its key"


def test_a_file_stands_by_itself() -> None:
    root = ElementTree.fromstring(picture_file(changed()))
    assert root.tag == f"{SVG}svg"
    style = root.findtext(f"{SVG}style") or ""
    assert ".w-10 .pic-line{stroke:" in style
    assert "var(" not in style
    assert "color-mix" not in style
    legend = " ".join(one.text or "" for one in root.iter(f"{SVG}text") if one.get("class") == "pic-legend")
    assert "Red with ×: removed." in legend
    assert "blue is RGB, pink is flow" in legend


def test_no_edge_runs_behind_a_card() -> None:
    plan = lay_out(streams())
    assert len(plan.wires) == 30
    for wire in plan.wires:
        for before, after in pairwise(wire.bends):
            (left, y), (right, level) = before[1], after[0]
            assert y == level
            crossed = [card for card in plan.cards if card.x == left and card.x + card.width == right]
            assert crossed, "it goes straight where a lane is"
            assert all(not card.y < y < card.y + card.height for card in crossed)


def test_cards_of_a_lane_stand_in_order_and_apart() -> None:
    lanes: dict[float, list[Card]] = {}
    plan = lay_out(streams())
    for card in plan.cards:
        lanes.setdefault(card.x, []).append(card)
    assert len(lanes) == 5
    for cards in lanes.values():
        assert [card.node.place for card in cards] == sorted(card.node.place for card in cards)
        for above, below in pairwise(cards):
            assert above.y + above.height + 20 < below.y
        assert cards[-1].y + cards[-1].height < plan.height


@pytest.mark.parametrize(
    "picture",
    [
        Picture("Nothing", "", (), (), ()),
        Picture("No lane has a name", "", (), (PictureNode("a", 3, 0, "A"),), ()),
        Picture(
            "An end is not there", "", ("L",), (PictureNode("a", 0, 0, "A"),), (PictureEdge("x", "a", 0.5),)
        ),
        Picture(
            "In one lane",
            "",
            ("L",),
            (PictureNode("a", 0, 0, "A"), PictureNode("b", 0, 0, "B")),
            (PictureEdge("a", "b", 2.0, trace=(1.0,)), PictureEdge("b", "a", -1.0)),
        ),
        Picture(
            "A lane is empty",
            "",
            ("L", "M", "N"),
            (PictureNode("a", 0, 0, "A", mix=7.0), PictureNode("b", 2, 0, "B", mix=-1.0)),
            (PictureEdge("a", "b"),),
        ),
    ],
    ids=lambda picture: picture.title,
)
def test_any_picture_can_be_drawn(picture: Picture) -> None:
    for text in (picture_drawing(picture), picture_file(picture)):
        ElementTree.fromstring(text)
        assert "nan" not in text


def test_the_tables_say_what_the_drawing_shows() -> None:
    rows = edge_rows(changed())
    assert len(rows) == 31
    assert rows[0] == ("RGB 1", "Block 4", "", "repaired", "")
    eighth = [row.source for row in rows if row.target == "Block 8"]
    assert eighth == ["Block 4", "Block 6", "Block 7", "Block 5", "RGB 0"], "the strongest first"
    assert ("flow 3", "Block 9", "0.10", "removed, dashed", "") in rows
    assert node_rows(changed())[-2] == (
        "Block 13",
        "Level 3",
        "F 96",
        "67 % RGB, 33 % flow",
        "added, split of 12",
    )
    label = picture_label(changed())
    assert "31 connections, 1 repaired, 1 added, 1 removed" in label
    assert label.endswith("the strongest is Block 12 → Block 14: weight 0.99")
