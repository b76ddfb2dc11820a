"""Tokens for scripts: made, recognised, revoked."""

from __future__ import annotations

import datetime
import secrets
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from webapp.accounts.models import ApiToken, Membership, User
from webapp.accounts.services.audit import record

PREFIX = "evo_"
SEEN_EVERY = datetime.timedelta(minutes=1)


class NewToken(NamedTuple):
    """``secret`` is shown once; the row keeps its digest alone."""

    token: ApiToken
    secret: str


@transaction.atomic
def create_token(*, user: User, name: str, expires: datetime.datetime | None = None) -> NewToken:
    """A token that acts as ``user`` until it expires or is revoked."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name[:80], digest=ApiToken.digest_of(secret), expires=expires
    )
    _audit(user, "create", token)
    return NewToken(token, secret)


@transaction.atomic
def revoke_token(*, user: User, token_id: int) -> bool:
    """Revoke one of the user's own tokens; False when there was none to revoke."""
    token = ApiToken.objects.filter(user=user, pk=token_id, revoked=None).first()
    if token is None or not ApiToken.objects.filter(pk=token.pk, revoked=None).update(revoked=timezone.now()):
        return False
    _audit(user, "revoke", token)
    return True


def user_of_token(secret: str) -> User | None:
    """The active person a token acts for; None when it is unknown, expired or revoked. One or two queries."""
    now = timezone.now()
    live = Q(revoked=None) & (Q(expires=None) | Q(expires__gt=now)) & Q(user__is_active=True)
    token = ApiToken.objects.select_related("user").filter(live, digest=ApiToken.digest_of(secret)).first()
    if token is None:
        return None
    if token.last_used is None or token.last_used < now - SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)
    return token.user


def _audit(user: User, action: str, token: ApiToken) -> None:
    for team_id in Membership.objects.filter(user=user).values_list("team_id", flat=True):
        record(
            team_id=team_id,
            actor=user,
            action=action,
            kind="token",
            object_id=token.pk,
            detail={"name": token.name},
        )
