"""Choosing a method and launching it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from searchengine import catalogue
from searchengine.core.errors import InvalidParams, UnknownName
from searchengine.core.method import Method
from webapp.searches.forms import LaunchForm
from webapp.searches.pages.example import example
from webapp.searches.pages.launch_page import data_choices, method_cards
from webapp.searches.services.launch import launch as launch_run
from webapp.searches.views.access import person


@login_required
@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    """Every method as a card."""
    return render(
        request, "searches/launch.html", {"cards": method_cards(person(request)), "section": "launch"}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of one method; a valid one launches the search and goes to its page."""
    method = _method(slug)
    form = _form(request, method)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                launched = launch_run(user=person(request), wanted=form.wanted())
            except InvalidParams as error:
                form.add_refusal(error)
            except PermissionDenied as error:
                form.add_error(None, str(error))
                status = 403
            else:
                if not launched.fresh:
                    messages.info(request, "This launch had already arrived; here it is.")
                return HttpResponseRedirect(reverse("searches:run", args=[launched.run.pk]))
    return render(request, "searches/launch_method.html", _context(request, method, form), status=status)


@login_required
@require_safe
def launch_example(request: HttpRequest, slug: str) -> HttpResponse:
    """The right pane for the form as it stands: an example network and what the search will cost."""
    method = _method(slug)
    form = LaunchForm(method, data_choices(person(request), method).accepted, data=request.GET)
    return render(request, "searches/_example.html", _context(request, method, form))


def _method(slug: str) -> Method:
    try:
        return catalogue.method(slug)
    except UnknownName as error:
        raise Http404(str(error)) from None


def _form(request: HttpRequest, method: Method) -> LaunchForm:
    choices = data_choices(person(request), method)
    if request.method == "POST":
        return LaunchForm(method, choices.accepted, data=request.POST)
    known = {name: value for name, value in request.GET.items() if name in ("dataset", "preset", "seed")}
    return LaunchForm(method, choices.accepted, initial=known)


def _context(request: HttpRequest, method: Method, form: LaunchForm) -> dict[str, Any]:
    return {
        "method": method,
        "form": form,
        "choices": data_choices(person(request), method),
        "example": example(form),
        "section": "launch",
    }
