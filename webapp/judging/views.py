"""Opening the test part, and what it said."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from webapp.accounts.permissions import role_in
from webapp.accounts.roles import Role
from webapp.exports.services.ask import ExportRefused
from webapp.judging.pages.judging_page import judging_page
from webapp.judging.services.ask import JudgementRefused, ask_for_judgement
from webapp.searches.views.access import chosen_genome, person, run_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def test(request: HttpRequest, run_id: int) -> HttpResponse:
    """What may be judged and what was; a POST judges. A script asks for the results alone, as JSON."""
    run = run_of(request, run_id)
    refusal, status = "", 200
    if request.method == "POST":
        run_of(request, run_id, Role.RESEARCHER)
        try:
            genome = chosen_genome(run, request.POST.get("what", ""))
            ask_for_judgement(run=run, actor=person(request), genome=genome)
            return HttpResponseRedirect(reverse("judging:test", args=[run.pk]))
        except (JudgementRefused, ExportRefused) as error:
            refusal, status = str(error)[:1].upper() + str(error)[1:] + ".", 422
    role = role_in(person(request), run.team_id)
    page = judging_page(run, may_judge=role is not None and role.includes(Role.RESEARCHER))
    context: dict[str, Any] = {"page": page, "refusal": refusal, "section": "runs"}
    if request.headers.get("Accept") == "application/json":
        return JsonResponse(
            {"parts": {"judgements": render_to_string("judging/_judgements.html", context, request)}}
        )
    return render(request, "judging/test.html", context, status=status)
