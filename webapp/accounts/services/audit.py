"""Writing the record of who changed what."""

from __future__ import annotations

from searchengine.core.jsontext import Json, dumps
from webapp.accounts.models import AuditEntry, User


def record(
    *,
    team_id: int,
    actor: User | None,
    action: str,
    kind: str,
    object_id: int | None,
    detail: Json | None = None,
) -> AuditEntry:
    """Write one entry in the caller's transaction. ``actor`` is None for the product itself."""
    return AuditEntry.objects.create(
        team_id=team_id,
        actor=actor,
        action=action,
        kind=kind,
        object_id=object_id,
        detail=dumps(detail or {}),
    )
