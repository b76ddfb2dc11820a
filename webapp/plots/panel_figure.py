"""A report's panel as a Plotly figure: any panel of any method, without a line of its own here.

A figure is a plain dict, so that pages need no plotting library on the server; a test lets Plotly read them
all. Colours are named by class in ``meta`` and painted in the browser, where the theme is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from searchengine.core.jsontext import Json
from searchengine.report.panels import HeatStep, Panel, PanelAxis, PanelBand, PanelHeat, PanelSeries


def panel_figure(panel: Panel) -> Json:
    """``data`` and ``layout`` for Plotly. An empty panel gives no traces."""
    if panel.heat is not None:
        return _heat_figure(panel, panel.heat)
    words = any(isinstance(x, str) for series in panel.series for x in series.x)
    named = [series for series in panel.series if series.name]
    return {
        "data": [_trace(series) for series in panel.series],
        "layout": {
            "xaxis": _axis(panel.x, words),
            "yaxis": _axis(panel.y, False),
            "barmode": "group",
            "showlegend": len(named) > 1,
            "uirevision": panel.slug,
            "shapes": [_shade(band) for band in panel.bands],
        },
    }


def _shade(band: PanelBand) -> Json:
    return {
        "type": "rect",
        "layer": "below",
        "xref": "x",
        "yref": "paper",
        "x0": band.low,
        "x1": band.high,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "label": {"text": _plain(band.name), "textposition": "top left"},
    }


def _heat_figure(panel: Panel, heat: PanelHeat) -> Json:
    share = heat.unit.startswith(("share", "probability"))
    form = ".0%" if share else ".3~g"
    trace = {
        "type": "heatmap",
        "name": heat.unit,
        "x": list(heat.columns),
        "y": list(heat.rows),
        "z": [list(row) for row in heat.values],
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": f"{_plain(panel.x.title)} %{{x}}, {_plain(panel.y.title)} %{{y}}: %{{z:{form}}}"
        f"<extra>{_plain(heat.unit)}</extra>",
        "colorbar": {"tickformat": form},
        "meta": {"colour": "accent"},
        **({"zmin": 0, "zmax": 1} if share else {}),
        **_signs(heat.signs),
    }
    return {
        "data": [trace] if heat.rows and heat.columns else [],
        "moments": [_moment(step) for step in heat.steps if len(heat.steps) > 1],
        "layout": {
            "xaxis": _axis(panel.x, True),
            "yaxis": {**_axis(panel.y, True), "autorange": "reversed"},
            "showlegend": False,
            "uirevision": panel.slug,
        },
    }


def _signs(signs: Sequence[Sequence[str]]) -> Json:
    return {"text": [list(row) for row in signs], "texttemplate": "%{text}"} if signs else {}


def _moment(step: HeatStep) -> Json:
    """What of the trace is different at that moment: a page's slider puts it in place."""
    return {"name": step.name, "z": [list(row) for row in step.values], **_signs(step.signs)}


def _plain(text: str) -> str:
    """Text that Plotly does not read as one of its own placeholders or tags."""
    return text.replace("%{", "% {").replace("<", "‹")


def _axis(axis: PanelAxis, words: bool) -> Json:
    title = f"{axis.title} ({axis.unit})" if axis.unit else axis.title
    found: Json = {"title": {"text": title}}
    if words:
        found["type"] = "category"
    elif axis.log:
        found["type"] = "log"
    if axis.title in ("accuracy", "share", "share of layers") and not axis.log:
        found["tickformat"] = ".0%"
    return found


def _trace(series: PanelSeries) -> Json:
    trace: dict[str, Any] = {
        "name": series.name,
        "x": list(series.x),
        "y": list(series.y),
        "meta": {"colour": series.colour},
    }
    if series.births:
        trace["customdata"] = list(series.births)
    if series.text:
        trace["text"] = list(series.text)
    match series.mark:
        case "bars":
            trace |= {"type": "bar", "textposition": "none"}
        case "points":
            trace |= {"type": "scatter", "mode": "markers"}
        case "rings":
            trace |= {"type": "scatter", "mode": "markers", "marker": {"symbol": "circle-open"}}
        case "line":
            trace |= {"type": "scatter", "mode": "lines"}
        case "step":
            trace |= {"type": "scatter", "mode": "lines", "line": {"shape": "hv"}}
        case "area":
            trace |= {
                "type": "scatter",
                "mode": "lines",
                "stackgroup": "one",
                "line": {"width": 0, "shape": "hv"},
            }
    label = "#%{customdata}: " if series.births else ""
    hover = "%{text}<br>" if series.text else ""
    trace["hovertemplate"] = f"{label}{hover}%{{x}}, %{{y}}<extra>{series.name}</extra>"
    return trace
