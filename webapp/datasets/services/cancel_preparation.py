"""Cancelling a preparation: the preparer kills it within a second."""

from django.db import transaction
from django.db.models.functions import Now

from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.datasets.models import Dataset, DatasetState


@transaction.atomic
def cancel_preparation(*, user: User, dataset_id: int) -> bool:
    """False when nothing was being prepared. Raises ``PermissionDenied``."""
    dataset = one_of(Dataset.objects.all(), user, dataset_id, Role.RESEARCHER)
    waiting = Dataset.objects.filter(pk=dataset.pk, state=DatasetState.WAITING)
    changed = waiting.update(state=DatasetState.CANCELLED, finished=Now()) or Dataset.objects.filter(
        pk=dataset.pk, state=DatasetState.PREPARING
    ).update(cancel_asked=True)
    if changed:
        record(team_id=dataset.team_id, actor=user, action="cancel", kind="dataset", object_id=dataset.pk)
    return bool(changed)
