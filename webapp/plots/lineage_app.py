"""The lineage of a run as a graph to move about in: a Dash page with one Cytoscape component.

The page's own script feeds it through ``dash_clientside.set_props``; the server is asked for data through
our own views alone, where permission is checked. No callback of it ever reaches the server.
"""

from __future__ import annotations

import dash_cytoscape
from dash import ClientsideFunction, Input, Output, html
from django_plotly_dash import DjangoDash

NAME = "lineage"

app = DjangoDash(NAME, serve_locally=True, add_bootstrap_links=False)
app.layout = html.Div(
    [
        dash_cytoscape.Cytoscape(
            id="lineage-graph",
            layout={"name": "preset", "fit": True, "padding": 28},
            elements=[],
            stylesheet=[],
            style={"width": "100%", "height": "100%"},
            minZoom=0.1,
            maxZoom=4,
            boxSelectionEnabled=False,
            autoungrabify=True,
            responsive=True,
        ),
        html.Output(id="lineage-chosen", hidden=True),
    ],
    className="lineage-app",
)
app.clientside_callback(
    ClientsideFunction("evoscope", "chosen"),
    Output("lineage-chosen", "title"),
    [Input("lineage-graph", "tapNodeData")],
)
