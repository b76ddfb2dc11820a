"""Tokens in a header: ``Authorization: Bearer evo_...``; never in an address, where logs would keep them."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from webapp.accounts.models import User
from webapp.accounts.services.tokens import user_of_token

LONGEST = 200


class BearerToken(BaseAuthentication):
    """Acts as the person the token belongs to."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        kind, _, secret = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        secret = secret.strip()
        user = user_of_token(secret.decode("ascii", errors="replace")) if len(secret) <= LONGEST else None
        if user is None:
            raise AuthenticationFailed("this token is unknown, expired or revoked; make a new one")
        return user, "token"

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="evoscope"'


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes it."""

    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
