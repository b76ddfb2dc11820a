"""The panels of a run, what its method wants to show of its history, and its lineage as a graph."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from webapp.config.content_policy import allow
from webapp.plots import lineage_app
from webapp.plots.lineage_graph import lineage_elements
from webapp.plots.panel_figure import panel_figure
from webapp.searches.pages.lineage import run_family
from webapp.searches.pages.panels import run_panels
from webapp.searches.views.access import run_of

DASH_START = "'sha256-jZlsGVOhUAIcH+4PVs7QuGZkthRMgvT2n0ilH6/zTM0='"
"""Hash of the one inline script of a Dash page: ``var renderer = new DashRenderer();``."""


@login_required
@require_safe
def analysis(request: HttpRequest, run_id: int) -> HttpResponse:
    """Every panel of the run's method; tables and words without script, figures with it."""
    run = run_of(request, run_id)
    context = {"run": run, "panels": run_panels(run), "lineage_app": lineage_app.NAME, "section": "runs"}
    response = render(request, "searches/analysis.html", context)
    allow(response, "script-src", DASH_START)
    return response


@login_required
@require_safe
def panels(request: HttpRequest, run_id: int) -> JsonResponse:
    """The panels as figures, with the words and tables beside them as parts of the page, and the number of
    the newest event they show."""
    run = run_of(request, run_id)
    shown = run_panels(run)
    parts = {
        f"panel-{panel.slug}-{part}": render_to_string(
            f"searches/analysis/_{part}.html", {"run": run, "panel": panel}
        )
        for panel in shown
        for part in ("words", "moments", "tables")
    }
    figures = {panel.slug: panel_figure(panel) for panel in shown}
    return JsonResponse({"seq": run.last_seq, "panels": figures, "parts": parts})


@login_required
@require_safe
def lineage(request: HttpRequest, run_id: int) -> JsonResponse:
    """The family of a birth, of the best one where none is named, as elements of a graph."""
    run = run_of(request, run_id)
    asked = request.GET.get("birth", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else run.best_genome
    found = run_family(run, number) if number is not None else None
    elements = lineage_elements(found, run.best_genome) if found else []
    return JsonResponse({"seq": run.last_seq, "middle": number, "elements": elements})
