"""Asking for an export, watching it being checked, taking it away."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.exports.models import Export
from webapp.exports.pages.export_page import export_page, new_export
from webapp.exports.services.ask import ExportRefused, ask_for_export
from webapp.exports.services.download import open_download
from webapp.searches.views.access import chosen_genome, is_number, person, run_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, run_id: int) -> HttpResponse:
    """What of a run can be exported; a chosen one is written and checked."""
    run = run_of(request, run_id)
    refusal, status = "", 200
    if request.method == "POST":
        run_of(request, run_id, Role.RESEARCHER)
        try:
            export = ask_for_export(
                run=run, actor=person(request), genome=chosen_genome(run, request.POST.get("what", ""))
            )
            return HttpResponseRedirect(reverse("exports:detail", args=[export.pk]))
        except ExportRefused as error:
            refusal, status = str(error)[:1].upper() + str(error)[1:] + ".", 422
    asked = request.GET.get("genome", "")
    page = new_export(run, int(asked) if is_number(asked) else None)
    listed = any(one.birth == page.chosen for one in page.candidates)
    context = {
        "page": page,
        "refusal": refusal,
        "chosen_by_address": is_number(asked),
        "chosen_listed": listed,
        "section": "runs",
    }
    return render(request, "exports/new.html", context, status=status)


@login_required
@require_safe
def export(request: HttpRequest, export_id: int) -> HttpResponse:
    """One export: state, checks, source, lines to run it."""
    page = export_page(_export(request, export_id))
    return render(request, "exports/detail.html", {"page": page, "section": "runs"})


@login_required
@require_safe
def state(request: HttpRequest, export_id: int) -> JsonResponse:
    """The part of the page that changes while the export is written."""
    page = export_page(_export(request, export_id), source=False)
    html = render_to_string("exports/_state.html", {"page": page}, request)
    return JsonResponse({"moving": page.moving, "parts": {"export": html}})


@login_required
@require_safe
def download(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """The zip, straight from the store."""
    try:
        found = open_download(user=person(request), export_id=export_id)
    except ExportRefused as error:
        return render(request, "exports/refused.html", {"refusal": str(error), "section": "runs"}, status=409)
    return FileResponse(
        found.path.open("rb"), as_attachment=True, filename=found.filename, content_type="application/zip"
    )


def _export(request: HttpRequest, export_id: int) -> Export:
    return one_of(Export.objects.select_related("run", "genome", "created_by"), person(request), export_id)
