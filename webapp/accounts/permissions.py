"""Who may do what. Every look-up by id goes through a queryset narrowed here, so strangers learn nothing."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import models

from webapp.accounts.models import Membership, Team, User
from webapp.accounts.roles import Role

Row = TypeVar("Row", bound=models.Model)
Person = User | AnonymousUser


def role_in(user: Person, team_id: int) -> Role | None:
    """The role of ``user`` in a team; None for a stranger. One query."""
    if not user.is_authenticated or not user.is_active:
        return None
    role = Membership.objects.filter(user_id=user.pk, team_id=team_id).values_list("role", flat=True).first()
    return Role(role) if role else None


def require(user: Person, team_id: int, role: Role) -> None:
    """Raises ``PermissionDenied`` unless ``user`` has at least ``role`` in the team."""
    has = role_in(user, team_id)
    if has is None or not has.includes(role):
        raise PermissionDenied(f"this needs the role {role.label} in the team; {_what_is_there(has)}")


def teams(user: Person, role: Role = Role.VIEWER) -> models.QuerySet[Team]:
    """The teams in which ``user`` has at least ``role``, oldest membership first."""
    if not user.is_authenticated or not user.is_active:
        return Team.objects.none()
    return Team.objects.filter(memberships__user_id=user.pk, memberships__role__in=role.and_above()).order_by(
        "memberships__id"
    )


def visible(rows: models.QuerySet[Row], user: Person, role: Role = Role.VIEWER) -> models.QuerySet[Row]:
    """Those of ``rows`` (of a model with ``team``) whose team gives ``user`` at least ``role``."""
    if not user.is_authenticated or not user.is_active:
        return rows.none()
    return rows.filter(
        team_id__in=Membership.objects.filter(user_id=user.pk, role__in=role.and_above()).values("team_id")
    )


def one_of(rows: models.QuerySet[Row], user: Person, pk: int, role: Role = Role.VIEWER) -> Row:
    """The row with that id. Raises ``PermissionDenied`` alike when it does not exist, is another team's, or
    needs a greater role: an answer never tells which."""
    if not 0 < pk < 2**63:
        raise PermissionDenied(NOT_YOURS)
    found = visible(rows, user, role).filter(pk=pk).first()
    if found is None:
        raise PermissionDenied(NOT_YOURS)
    return found


NOT_YOURS = "there is nothing here that your role in a team lets you use; ask an owner of the team for a role"


def _what_is_there(role: Role | None) -> str:
    return f"yours is {role.label}; ask an owner of the team" if role else "you are not in that team"
