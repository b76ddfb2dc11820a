"""One birth, and all of them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.views.decorators.http import require_safe

from searchengine.report.svg import STANDALONE_CSS, svg
from webapp.accounts.permissions import NOT_YOURS
from webapp.plots.picture_file import picture_file as svg_file
from webapp.plots.scale import fitness
from webapp.searches.models import Genome, SearchRun
from webapp.searches.pages.genome_page import genome_news, genome_page
from webapp.searches.pages.genome_table import SORTS, genome_table
from webapp.searches.pages.networks import drawing
from webapp.searches.pages.pictures import made_picture
from webapp.searches.views.access import run_of


@login_required
@require_safe
def genome(request: HttpRequest, run_id: int, number: int) -> HttpResponse:
    """The page of one birth. A script asks for what may have changed alone, as JSON."""
    run = run_of(request, run_id)
    birth = _birth(run, number)
    if request.headers.get("Accept") == "application/json":
        news = genome_news(run, birth)
        training = render_to_string("searches/genome/_training.html", {"page": news}, request)
        parts = {"training": training, "fate": escape(news.fate), "fitness": fitness(news.fitness)}
        if news.pictures:
            parts["picture"] = render_to_string("searches/genome/_pictures.html", {"page": news}, request)
        return JsonResponse({"parts": parts})
    page = genome_page(run, birth)
    return render(request, "searches/genome.html", {"page": page, "section": "runs"})


@login_required
@require_safe
def genomes(request: HttpRequest, run_id: int) -> HttpResponse:
    """Every birth in a table, paged by key."""
    run = run_of(request, run_id)
    sort = request.GET.get("sort", "")
    table = genome_table(run, sort if sort in SORTS else "fitness", request.GET.get("from", ""))
    return render(request, "searches/genomes.html", {"run": run, "table": table, "section": "runs"})


@login_required
@require_safe
def drawing_file(request: HttpRequest, run_id: int, number: int) -> HttpResponse:
    """The drawing as a file that stands by itself."""
    run = run_of(request, run_id)
    text = svg(
        drawing(run, _birth(run, number)), f"Network #{number} of {run.name}", stylesheet=STANDALONE_CSS
    )
    response = HttpResponse(text, content_type="image/svg+xml")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-network-{number}.svg"'
    return response


@login_required
@require_safe
def picture_file(request: HttpRequest, run_id: int, number: int, what: str) -> HttpResponse:
    """The method's picture of the network (``what`` is ``network``), or of the change from its first parent
    (``change``), as a file that stands by itself."""
    run = run_of(request, run_id)
    made = made_picture(run, _birth(run, number), beside_parent=what == "change")
    if made is None:
        raise Http404(f"there is no picture of this {what}")
    response = HttpResponse(svg_file(made), content_type="image/svg+xml")
    response["Content-Disposition"] = f'attachment; filename="run-{run.pk}-{what}-{number}-picture.svg"'
    return response


def _birth(run: SearchRun, number: int) -> Genome:
    found = Genome.objects.filter(run=run, number=number).first() if number < 2**31 else None
    if found is None:
        raise PermissionDenied(NOT_YOURS)
    return found
