"""Data sets: what there is, and what is in them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from webapp.accounts.permissions import NOT_YOURS, Person
from webapp.datasets.models import DatasetState
from webapp.datasets.pages.cards import DatasetCard, dataset_card, dataset_cards
from webapp.datasets.pages.previews import TYPES, preview_file


@login_required
@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """Every data set of the person's teams. A script asks for the cards alone, as JSON, while one is
    prepared."""
    cards = dataset_cards(request.user)
    moving = any(card.dataset.state in (DatasetState.WAITING, DatasetState.PREPARING) for card in cards)
    context = {"cards": cards, "moving": moving, "section": "data"}
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"parts": {"cards": render_to_string("datasets/_cards.html", context, request)}})
    return render(request, "datasets/list.html", context)


@login_required
@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """One data set: samples, split, fingerprint."""
    return render(request, "datasets/detail.html", {"card": _card(request.user, slug), "section": "data"})


@login_required
@require_safe
def preview(request: HttpRequest, slug: str, name: str) -> FileResponse:
    """A picture made at preparation. It never changes under its fingerprint, so browsers keep it."""
    path = preview_file(_card(request.user, slug).dataset, name)
    if path is None:
        raise Http404("there is no such picture")
    response = FileResponse(path.open("rb"), content_type=TYPES[path.suffix])
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _card(user: Person, slug: str) -> DatasetCard:
    card = dataset_card(user, slug)
    if card is None:
        raise PermissionDenied(NOT_YOURS)
    return card
