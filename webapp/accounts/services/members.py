"""Who is in a team, and as what: added, changed, removed by its owners."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from webapp.accounts.models import Membership, User
from webapp.accounts.permissions import require
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record


class LastOwner(Exception):
    """A team keeps one owner at least; make somebody else an owner first."""


@transaction.atomic
def set_role(*, actor: User, team_id: int, user: User, role: Role) -> Membership:
    """Give ``user`` a role in the team. Raises ``PermissionDenied`` and ``LastOwner``."""
    require(actor, team_id, Role.OWNER)
    if role != Role.OWNER:
        _keep_an_owner(team_id, user)
    member, _ = Membership.objects.update_or_create(team_id=team_id, user=user, defaults={"role": role})
    record(
        team_id=team_id,
        actor=actor,
        action="set role",
        kind="account",
        object_id=user.pk,
        detail={"role": role},
    )
    return member


@transaction.atomic
def remove_member(*, actor: User, team_id: int, user: User) -> None:
    """Take ``user`` out of the team; open sockets end within seconds. Raises as ``set_role``."""
    require(actor, team_id, Role.OWNER)
    _keep_an_owner(team_id, user)
    gone, _ = Membership.objects.filter(team_id=team_id, user=user).delete()
    if not gone:
        raise PermissionDenied("that person is not in the team")
    record(team_id=team_id, actor=actor, action="remove", kind="account", object_id=user.pk)


def _keep_an_owner(team_id: int, leaving: User) -> None:
    """Locks the owners, so that two who leave at once do not both go."""
    owners = Membership.objects.select_for_update().filter(team_id=team_id, role=Role.OWNER)
    if {owner.user_id for owner in owners} == {leaving.pk}:
        raise LastOwner("this is the team's only owner; make somebody else an owner first")
