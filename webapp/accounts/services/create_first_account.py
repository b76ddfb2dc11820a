"""The first account of a fresh installation: owner of the first team."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from django.db import connection, transaction

from webapp.accounts.models import Membership, Team, User
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record

FIRST_ACCOUNT_LOCK = 7_301_001
"""Advisory lock: two processes that start at once make one account."""


class FirstAccount(NamedTuple):
    """``password`` is to be shown once; it is stored nowhere in the clear."""

    user: User
    team: Team
    password: str


def create_first_account(
    *, username: str = "admin", password: str = "", team_name: str = "My team"
) -> FirstAccount | None:
    """Make the first account, its team, and the team's built-in data sets as rows to be prepared.

    Generates a password when none is given. Returns None when there is an account already: a second start
    changes nothing.
    """
    from webapp.datasets.services.add_built_ins import add_built_ins

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST_ACCOUNT_LOCK])
        if User.objects.exists():
            return None
        password = password or secrets.token_urlsafe(12)
        user = User.objects.create_user(username=username, password=password)
        team = Team.objects.create(name=team_name, slug="first")
        Membership.objects.create(team=team, user=user, role=Role.OWNER)
        record(team_id=team.pk, actor=None, action="create", kind="account", object_id=user.pk)
        add_built_ins(team=team, actor=user)
    return FirstAccount(user, team, password)
