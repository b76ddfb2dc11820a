"""Small drawings and figures: what they hold, and that nothing of a user's text breaks out of them."""

import re
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from searchengine.report.lanes import Bar, Lane
from searchengine.report.lineage import Family, FamilyEdge, FamilyNode
from searchengine.report.panels import Panel, PanelAxis, PanelSeries
from searchengine.report.population import Lifetime, Strip
from searchengine.report.series import Curve
from webapp.plots.lane_drawing import lane_drawing
from webapp.plots.line_drawing import Line, best_label, line_drawing
from webapp.plots.lineage_graph import MOST_WORDS, lineage_elements
from webapp.plots.panel_figure import panel_figure
from webapp.plots.strip_drawing import strip_drawing

HOSTILE = '"><script>alert(1)</script>'


def test_a_curve_becomes_a_staircase_from_left_to_right() -> None:
    text = line_drawing([Line(Curve("best", (1, 5, 9), (0.2, 0.5, 0.5)), "run", steps=True)], label="a curve")
    found = re.findall(r'class="run" d="([^"]+)"', text)[0]
    assert found.startswith("M0 ")
    assert found.count("H") == found.count("V") == 2


@pytest.mark.parametrize("values", [(), (None,), (0.5,), (0.5, 0.5), (None, 0.3, None)])
def test_any_curve_can_be_drawn(values: tuple[float | None, ...]) -> None:
    curve = Curve("odd", tuple(float(x) for x in range(len(values))), values)
    text = line_drawing([Line(curve, "run")], label=best_label(curve), points=[(0.0, 0.5)])
    assert "nan" not in text
    ElementTree.fromstring(text)


def test_text_in_drawings_is_escaped() -> None:
    bar = Bar(1, (1,), 0.0, 2.0, "running", 1, True, HOSTILE)
    assert "<script" not in lane_drawing(Lane(HOSTILE, (bar,), 0.5), 0.0, 2.0)
    strip = Strip((Lifetime(1, 0, 0, 3, HOSTILE, 0.5),), 1, 4)
    assert "<script" not in strip_drawing(strip, link=lambda number: f"/{number}/")
    assert "<script" not in line_drawing([], label=HOSTILE)


def test_the_strip_draws_every_life_and_marks_who_left() -> None:
    strip = Strip((Lifetime(1, 0, 0, 3, "aged", 0.5), Lifetime(2, 1, 1, None, "", 0.9)), 2, 4)
    text = strip_drawing(strip, link=lambda number: f"/runs/1/genomes/{number}/")
    assert text.count("<rect") == 2
    assert len(re.findall(r'class="life [^"]* left"', text)) == 1
    assert "shade-4" in text
    assert "shade-0" in text


@pytest.mark.parametrize("mark", ["line", "step", "points", "bars", "area"])
def test_every_kind_of_series_is_a_figure_that_plotly_accepts(mark: str) -> None:
    series = PanelSeries(
        "one", mark, ("a", "b") if mark == "bars" else (1.0, 2.0), (0.1, None), "itgm", (4, 5), ("x", "y")
    )
    panel = Panel("p", "Title", "Help", PanelAxis("x", "frames"), PanelAxis("accuracy"), (series,))
    figure = panel_figure(panel)
    drawn = go.Figure(figure)
    assert len(drawn.data) == 1
    assert figure["data"][0]["customdata"] == [4, 5]
    assert figure["data"][0]["meta"] == {"colour": "itgm"}


def test_an_empty_panel_is_an_empty_figure() -> None:
    panel = Panel("p", "Title", "Help", PanelAxis("x"), PanelAxis("y"), (), None, "Nothing yet.")
    assert panel_figure(panel)["data"] == []


def test_a_family_stands_in_generations() -> None:
    nodes = (
        FamilyNode(0, -1, "random", 0.5, "", 0),
        FamilyNode(3, 0, "kernel", 0.7, "", 0),
        FamilyNode(4, 1, "kernel", None, "nan", 0),
    )
    family = Family(3, nodes, (FamilyEdge(0, 3, "kernel 3 → 5"), FamilyEdge(3, 4, "kernel 5 → 7")))
    elements = {one["data"]["id"]: one for one in lineage_elements(family, best=3)}
    heights = [elements[number]["position"]["y"] for number in ("0", "3", "4")]
    assert heights == sorted(heights)
    assert "best" in elements["3"]["classes"]
    assert "failed" in elements["4"]["classes"]
    assert (elements["0-3"]["data"]["source"], elements["0-3"]["data"]["target"]) == ("0", "3")
    words = elements["words-3"]
    assert words["data"]["label"] == "kernel 3 → 5"
    assert words["position"]["x"] == elements["3"]["position"]["x"]
    assert heights[1] < words["position"]["y"] < heights[2]
    assert "words-0" not in elements


def test_words_of_brothers_stand_in_columns_of_their_own() -> None:
    nodes = (
        FamilyNode(0, -1, "random", 0.5, "", 0),
        *(FamilyNode(n, 0, "x", 0.1 * n, "", 0) for n in (1, 2, 3)),
    )
    family = Family(0, nodes, tuple(FamilyEdge(0, n, "a change with many words " * 8) for n in (1, 2, 3)))
    words = [one for one in lineage_elements(family, best=None) if one.get("classes") == "words"]
    assert len({one["position"]["x"] for one in words}) == 3
    assert all(len(one["data"]["label"]) <= MOST_WORDS for one in words)
