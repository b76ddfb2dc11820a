"""A run's page, what is new on it, and its verbs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from webapp.accounts.roles import Role
from webapp.searches.pages.chart import chart
from webapp.searches.pages.run_page import network_view, run_page
from webapp.searches.pages.verbs import VERBS
from webapp.searches.services.kill import kill
from webapp.searches.services.pause import pause
from webapp.searches.services.resume import resume
from webapp.searches.services.stop import stop
from webapp.searches.states import MoveRefused
from webapp.searches.views.access import person, run_of

SERVICES = {"pause": pause, "resume": resume, "stop": stop, "kill": kill}
PARTS = ("verbs", "state", "feed", "population", "workers", "failures")
"""Parts of the page that are sent with every read; the best network, the newest child and the comparison
only when they changed."""


@login_required
@require_safe
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """The whole page, readable without any script."""
    found = run_of(request, run_id)
    page = run_page(person(request), found, _address(run_id), timezone.now())
    return render(request, "searches/run.html", {"page": page, "section": "runs"})


@login_required
@require_safe
def run_live(request: HttpRequest, run_id: int) -> JsonResponse:
    """What is new since job ``after``: points, curves and the parts of the page. ``best`` is the birth
    whose drawing the page shows, ``birth`` the one a person selected, ``child`` the stamp of the newest
    child's drawing."""
    found = run_of(request, run_id)
    after = _whole(request.GET.get("after", ""), -1)
    shown = request.GET.get("best", "")
    best = "" if found.best_genome is None else str(found.best_genome)
    page = run_page(
        person(request),
        found,
        _address(run_id),
        timezone.now(),
        best=best != shown,
        live=True,
        child=request.GET.get("child", ""),
    )
    context: dict[str, Any] = {"page": page}
    names = [*PARTS, *(["best"] if best != shown else []), *(["compare"] if page.control else [])]
    if page.child and page.child.picture:
        names.append("child")
    if page.front:
        names.append("front")
    parts = {name: render_to_string(f"searches/run/_{name}.html", context, request) for name in names}
    birth = _whole(request.GET.get("birth", ""), -1)
    selected = network_view(found, birth, "selected") if birth >= 0 else None
    if selected:
        parts["selected"] = render_to_string(
            "searches/run/_selected.html", {**context, "selected": selected}, request
        )
    drawn = chart(found, page.control, after, page.small)
    return JsonResponse(
        {
            "seq": found.last_seq,
            "state": found.state,
            "state_label": page.state.label,
            "best_number": best,
            "child": page.child.stamp if page.child else "",
            "parts": parts,
            **drawn._asdict(),
        }
    )


@login_required
@require_POST
def verb(request: HttpRequest, run_id: int, name: str) -> HttpResponse:
    """Pause, resume, stop or kill. A script gets JSON, a plain form the page again; a refusal is said in
    words."""
    if name not in SERVICES:
        raise Http404(f"there is no verb {name!r}")
    run_of(request, run_id, Role.RESEARCHER)
    status, words = 200, VERBS[name].effect
    try:
        SERVICES[name](run_id=run_id, actor=person(request))
    except MoveRefused as error:
        status, words = 409, str(error)[:1].upper() + str(error)[1:] + "."
    except PermissionDenied:
        status, words = 403, "Your role in this team does not allow it."
    if request.headers.get("X-Requested-With") == "fetch":
        found = run_of(request, run_id)
        page = run_page(
            person(request), found, _address(run_id), timezone.now(), best=False, live=True, child=None
        )
        parts = {
            name: render_to_string(f"searches/run/_{name}.html", {"page": page}, request)
            for name in ("state", "verbs")
        }
        return JsonResponse({"message": words, "parts": parts}, status=status)
    messages.add_message(request, messages.SUCCESS if status == 200 else messages.ERROR, words)
    return HttpResponseRedirect(_address(run_id))


def _address(run_id: int) -> str:
    return reverse("searches:run", args=[run_id])


def _whole(text: str, otherwise: int) -> int:
    """A number of an address; ``otherwise`` for anything else, never an error: an old link still opens."""
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and digits.isascii() and len(digits) < 10 else otherwise
