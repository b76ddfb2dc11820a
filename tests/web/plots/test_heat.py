"""A panel that is a heat map: a figure that Plotly accepts, and a table beside it."""

from __future__ import annotations

import json

import plotly.graph_objects as go

from searchengine.report.panels import Panel, PanelAxis, PanelHeat
from webapp.plots.panel_figure import panel_figure


def panel(heat: PanelHeat | None, empty: str = "") -> Panel:
    return Panel("often", "Often", "Help", PanelAxis("from"), PanelAxis("to"), empty=empty, heat=heat)


def test_a_matrix_becomes_a_heat_map_whose_first_row_stands_above() -> None:
    heat = PanelHeat(("a", "b"), ("x", "y", "z"), ((0.1, None), (0.5, 1.0), (0.0, 0.2)), "share")
    figure = panel_figure(panel(heat))
    (trace,) = go.Figure(figure).data
    assert trace.type == "heatmap"
    assert trace.z[0][1] is None
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"
    assert figure["layout"]["xaxis"]["type"] == figure["layout"]["yaxis"]["type"] == "category"
    assert trace.colorbar.tickformat == ".0%"
    ((moment, rows),) = heat.tables()
    assert moment == ""
    assert rows[1] == ("y", [(0.5, ""), (1.0, "")])
    json.dumps(panel(heat).to_json(), allow_nan=False)


def test_words_of_a_heat_map_are_text_to_plotly() -> None:
    heat = PanelHeat(("a",), ("x",), ((1.0,),), "<b>%{z}")
    assert "<b>%{z}" not in panel_figure(panel(heat))["data"][0]["hovertemplate"]


def test_a_heat_map_without_rows_is_an_empty_figure() -> None:
    assert panel_figure(panel(PanelHeat((), (), (), "share"), "Nothing yet."))["data"] == []
    assert panel_figure(panel(None, "Nothing yet."))["data"] == []
