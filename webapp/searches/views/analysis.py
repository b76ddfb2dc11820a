"""The panels of a run: what its method wants to show of its history."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webapp.plots.panel_figure import panel_figure
from webapp.searches.pages.panels import run_panels
from webapp.searches.views.access import run_of


@login_required
@require_safe
def analysis(request: HttpRequest, run_id: int) -> HttpResponse:
    """Every panel of the run's method; tables and words without script, figures with it."""
    run = run_of(request, run_id)
    return render(
        request, "searches/analysis.html", {"run": run, "panels": run_panels(run), "section": "runs"}
    )


@login_required
@require_safe
def panels(request: HttpRequest, run_id: int) -> JsonResponse:
    """The panels as figures, with the number of the newest event they show."""
    run = run_of(request, run_id)
    figures = {panel.slug: panel_figure(panel) for panel in run_panels(run)}
    return JsonResponse({"seq": run.last_seq, "panels": figures})
