"""Finding what an address names, for the person who asks."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from webapp.accounts.models import User
from webapp.accounts.permissions import NOT_YOURS, one_of
from webapp.accounts.roles import Role
from webapp.searches.models import Genome, SearchRun


def person(request: HttpRequest) -> User:
    """The one who is signed in; views that call this require it."""
    assert isinstance(request.user, User)
    return request.user


def run_of(request: HttpRequest, run_id: int, role: Role = Role.VIEWER) -> SearchRun:
    """The run with what its pages name. Raises ``PermissionDenied`` alike for a missing run and another
    team's."""
    runs = SearchRun.objects.select_related("dataset", "control_of", "created_by", "team")
    return one_of(runs, person(request), run_id, role)


def chosen_genome(run: SearchRun, what: str) -> Genome | None:
    """What a form names: a birth by its number, or (None) the run's own ``outcome``. Raises
    ``PermissionDenied``."""
    if what == "outcome":
        return None
    found = Genome.objects.filter(run=run, number=int(what)).first() if is_number(what) else None
    if found is None:
        raise PermissionDenied(NOT_YOURS)
    return found


def is_number(text: str) -> bool:
    """Whether an address or form holds a birth's number."""
    return text.isascii() and text.isdecimal() and len(text) < 10
