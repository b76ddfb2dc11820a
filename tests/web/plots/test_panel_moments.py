"""What a panel draws beside its series: shaded bands, signs in a heat map, moments on a slider."""

import plotly.graph_objects as go

from searchengine.report.panels import HeatStep, Panel, PanelAxis, PanelBand, PanelHeat, PanelSeries
from webapp.plots.panel_figure import panel_figure

AXES = (PanelAxis("operation"), PanelAxis("cell"))


def heat(steps):
    last = steps[-1]
    return PanelHeat(("a", "b"), ("1",), last.values, "probability of its gate", last.signs, steps)


def test_moments_stand_on_a_slider_the_last_one_first_shown():
    steps = (
        HeatStep("round 1", ((0.1, None),), (("N", "·"),)),
        HeatStep("round 2", ((0.9, 0.2),), (("K", "×"),)),
    )
    figure = panel_figure(Panel("space", "Space", "", *AXES, heat=heat(steps)))
    drawn = go.Figure(figure)
    assert drawn.layout.sliders[0].active == 1
    assert [step.label for step in drawn.layout.sliders[0].steps] == ["round 1", "round 2"]
    assert [frame.name for frame in drawn.frames] == ["round 1", "round 2"]
    assert [list(row) for row in drawn.frames[0].data[0].z] == [[0.1, None]]
    assert [list(row) for row in drawn.frames[0].data[0].text] == [["N", "·"]]
    assert (drawn.data[0].zmin, drawn.data[0].zmax) == (0, 1)
    assert [list(row) for row in drawn.data[0].text] == [["K", "×"]]


def test_one_moment_needs_no_slider():
    steps = (HeatStep("round 1", ((0.1, 0.2),), (("N", "N"),)),)
    figure = panel_figure(Panel("space", "Space", "", *AXES, heat=heat(steps)))
    assert figure["frames"] == []
    assert "sliders" not in figure["layout"]


def test_a_band_is_shaded_and_guards_are_hollow():
    series = (PanelSeries("guards", "rings", (1.0,), (0.5,), "quiet", (3,)),)
    figure = panel_figure(Panel("scores", "", "", *AXES, series, bands=(PanelBand(2.0, 4.0, "band <b>"),)))
    drawn = go.Figure(figure)
    (shape,) = drawn.layout.shapes
    assert (shape.x0, shape.x1, shape.yref, shape.layer) == (2.0, 4.0, "paper", "below")
    assert "<b>" not in shape.label.text
    assert drawn.data[0].marker.symbol == "circle-open"
