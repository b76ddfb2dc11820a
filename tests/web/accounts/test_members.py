"""Roles: each includes the lesser ones; a team never loses its last owner; every change is recorded."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied

from webapp.accounts.models import ApiToken, AuditEntry, Membership, Team, User
from webapp.accounts.permissions import one_of, require, role_in, teams, visible
from webapp.accounts.roles import Role
from webapp.accounts.services.members import LastOwner, remove_member, set_role
from webapp.accounts.services.tokens import create_token, user_of_token
from webapp.datasets.models import Dataset

pytestmark = pytest.mark.django_db
People = Callable[..., User]


@pytest.mark.parametrize("has", list(Role))
@pytest.mark.parametrize("needs", list(Role))
def test_a_role_includes_every_lesser_one(team: Team, person: People, has: Role, needs: Role) -> None:
    user = person(team, has)
    if list(Role).index(has) >= list(Role).index(needs):
        require(user, team.pk, needs)
    else:
        with pytest.raises(PermissionDenied):
            require(user, team.pk, needs)


def test_somebody_switched_off_has_no_role(team: Team, person: People, dataset: Dataset) -> None:
    user = person(team, Role.OWNER)
    user.is_active = False
    user.save()
    assert role_in(user, team.pk) is None
    assert not visible(Dataset.objects.all(), user).exists()
    assert not teams(user).exists()
    with pytest.raises(PermissionDenied):
        one_of(Dataset.objects.all(), user, dataset.pk)


def test_the_last_owner_stays(team: Team, person: People) -> None:
    owner, other = person(team, Role.OWNER), person(team, Role.VIEWER)
    with pytest.raises(LastOwner):
        set_role(actor=owner, team_id=team.pk, user=owner, role=Role.VIEWER)
    with pytest.raises(LastOwner):
        remove_member(actor=owner, team_id=team.pk, user=owner)
    set_role(actor=owner, team_id=team.pk, user=other, role=Role.OWNER)
    remove_member(actor=other, team_id=team.pk, user=owner)
    assert list(Membership.objects.filter(team=team).values_list("user_id", flat=True)) == [other.pk]
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == ["set role", "remove"]


def test_only_owners_change_roles(team: Team, person: People) -> None:
    maintainer, viewer = person(team, Role.MAINTAINER), person(team, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        set_role(actor=maintainer, team_id=team.pk, user=viewer, role=Role.RESEARCHER)


def test_a_token_is_stored_by_its_digest_alone(researcher: User) -> None:
    made = create_token(user=researcher, name="laptop")
    assert user_of_token(made.secret) == researcher
    assert user_of_token(made.secret + "x") is None
    row = ApiToken.objects.get()
    assert made.secret not in str(vars(row))
