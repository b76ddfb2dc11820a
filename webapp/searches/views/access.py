"""Finding what an address names, for the person who asks."""

from __future__ import annotations

from django.http import HttpRequest

from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.searches.models import SearchRun


def person(request: HttpRequest) -> User:
    """The one who is signed in; views that call this require it."""
    assert isinstance(request.user, User)
    return request.user


def run_of(request: HttpRequest, run_id: int, role: Role = Role.VIEWER) -> SearchRun:
    """The run with what its pages name. Raises ``PermissionDenied`` alike for a missing run and another
    team's."""
    runs = SearchRun.objects.select_related("dataset", "control_of", "created_by", "team")
    return one_of(runs, person(request), run_id, role)
