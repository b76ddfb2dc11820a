"""Cancelling an export that is waiting or being written."""

from django.db import transaction
from django.db.models.functions import Now

from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.exports.models import Export, ExportState


@transaction.atomic
def cancel_export(*, user: User, export_id: int) -> bool:
    """False when it had ended already. Raises ``PermissionDenied``."""
    export = one_of(Export.objects.all(), user, export_id, Role.RESEARCHER)
    rows = Export.objects.filter(pk=export.pk)
    changed = rows.filter(state=ExportState.WAITING).update(
        state=ExportState.CANCELLED, finished=Now()
    ) or rows.filter(state=ExportState.WRITING).update(cancel_asked=True)
    if changed:
        record(team_id=export.team_id, actor=user, action="cancel", kind="export", object_id=export.pk)
    return bool(changed)
