"""The list of runs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from webapp.accounts.permissions import teams
from webapp.accounts.roles import Role
from webapp.searches.pages.home import run_list
from webapp.searches.views.access import person


@login_required
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """Newest first; ``below`` goes on from an id. A script asks for the rows alone, as JSON."""
    user = person(request)
    below = request.GET.get("below", "")
    found = run_list(user, timezone.now(), int(below) if below.isdecimal() and len(below) < 19 else None)
    context = {
        "list": found,
        "below": below if below.isdecimal() else "",
        "section": "runs",
        "may_launch": teams(user, Role.RESEARCHER).exists(),
    }
    if request.headers.get("Accept") == "application/json":
        return JsonResponse(
            {"parts": {"rows": render_to_string("searches/_run_rows.html", context, request)}}
        )
    return render(request, "searches/runs.html", context)
