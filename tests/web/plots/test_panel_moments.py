"""What a panel draws beside its series: shaded bands, signs in a heat map, moments on a slider."""

import plotly.graph_objects as go

from searchengine.report.panels import HeatStep, Panel, PanelAxis, PanelBand, PanelHeat, PanelSeries
from webapp.plots.panel_figure import panel_figure

AXES = (PanelAxis("operation"), PanelAxis("cell"))


def heat(steps):
    last = steps[-1]
    return PanelHeat(("a", "b"), ("1",), last.values, "probability of its gate", last.signs, steps)


def test_the_figure_holds_every_moment_and_shows_the_last():
    steps = (
        HeatStep("round 1", ((0.1, None),), (("N", "·"),)),
        HeatStep("round 2", ((0.9, 0.2),), (("K", "×"),)),
    )
    figure = panel_figure(Panel("space", "Space", "", *AXES, heat=heat(steps)))
    first, last = figure["moments"]
    assert (first["name"], first["z"], first["text"]) == ("round 1", [[0.1, None]], [["N", "·"]])
    assert last["name"] == "round 2"
    drawn = go.Figure({"data": figure["data"], "layout": figure["layout"]})
    assert (drawn.data[0].zmin, drawn.data[0].zmax) == (0, 1)
    assert [list(row) for row in drawn.data[0].text] == last["text"] == [["K", "×"]]


def test_one_moment_needs_no_slider():
    steps = (HeatStep("round 1", ((0.1, 0.2),), (("N", "N"),)),)
    assert panel_figure(Panel("space", "Space", "", *AXES, heat=heat(steps)))["moments"] == []


def test_every_moment_can_be_read():
    steps = (
        HeatStep("round 1", ((0.1, None),), (("N", "·"),)),
        HeatStep("round 2", ((0.9, 0.2),), (("K", "×"),)),
    )
    assert heat(steps).tables() == [
        ("round 1", [("1", [(0.1, "N"), (None, "·")])]),
        ("round 2", [("1", [(0.9, "K"), (0.2, "×")])]),
    ]


def test_a_band_is_shaded_and_guards_are_hollow():
    series = (PanelSeries("guards", "rings", (1.0,), (0.5,), "quiet", (3,)),)
    figure = panel_figure(Panel("scores", "", "", *AXES, series, bands=(PanelBand(2.0, 4.0, "band <b>"),)))
    drawn = go.Figure({"data": figure["data"], "layout": figure["layout"]})
    (shape,) = drawn.layout.shapes
    assert (shape.x0, shape.x1, shape.yref, shape.layer) == (2.0, 4.0, "paper", "below")
    assert "<b>" not in shape.label.text
    assert drawn.data[0].marker.symbol == "circle-open"
