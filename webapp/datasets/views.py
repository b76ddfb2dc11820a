"""Data sets: what there is, what is in them, and preparing them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from searchengine.core.errors import DataRefused
from webapp.accounts.models import User
from webapp.accounts.permissions import NOT_YOURS, Person
from webapp.datasets.forms import FlowForm
from webapp.datasets.models import FlowChoice
from webapp.datasets.pages.cards import DatasetCard, dataset_card, dataset_cards
from webapp.datasets.pages.detail import dataset_page
from webapp.datasets.pages.previews import TYPES, preview_file
from webapp.datasets.services.add_flow import add_flow
from webapp.datasets.services.cancel_preparation import cancel_preparation
from webapp.datasets.services.prepare_again import prepare_again


@login_required
@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """Every data set of the person's teams. A script asks for the cards alone, as JSON, while one is
    prepared."""
    cards = dataset_cards(request.user)
    context = {"cards": cards, "moving": any(card.moving for card in cards), "section": "data"}
    if _asks_for_parts(request):
        return JsonResponse({"parts": {"cards": render_to_string("datasets/_cards.html", context, request)}})
    return render(request, "datasets/list.html", context)


@login_required
@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """One data set: samples, split, fingerprint. A script asks for its parts alone while it is prepared."""
    card = _card(request.user, slug)
    context = {"page": dataset_page(request.user, card), "card": card, "section": "data"}
    if _asks_for_parts(request):
        return JsonResponse(
            {"parts": {"dataset": render_to_string("datasets/_dataset.html", context, request)}}
        )
    return render(request, "datasets/detail.html", context)


@login_required
@require_POST
def flow(request: HttpRequest, slug: str) -> HttpResponse:
    """Prepare a data set with optical flow beside this one."""
    card = _card(request.user, slug)
    form = FlowForm(request.POST)
    refusal = "Choose one of the methods."
    if form.is_valid():
        try:
            method = FlowChoice(form.cleaned_data["method"])
            beside = add_flow(user=_person(request), dataset_id=card.dataset.pk, method=method)
            return _to(beside.slug)
        except DataRefused as refused:
            refusal = f"{str(refused)[:1].upper()}{str(refused)[1:]}."
    page = dataset_page(request.user, card, form)
    context = {"page": page, "card": card, "refusal": refusal, "section": "data"}
    return render(request, "datasets/detail.html", context, status=422)


@login_required
@require_POST
def cancel(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop its preparation."""
    cancel_preparation(user=_person(request), dataset_id=_card(request.user, slug).dataset.pk)
    return _to(slug)


@login_required
@require_POST
def again(request: HttpRequest, slug: str) -> HttpResponse:
    """Prepare it once more after a failure or a cancellation."""
    prepare_again(user=_person(request), dataset_id=_card(request.user, slug).dataset.pk)
    return _to(slug)


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


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _asks_for_parts(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _to(slug: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("datasets:detail", args=[slug]))
