"""Preparing a data set whose preparation failed or was cancelled, by a person's act."""

from __future__ import annotations

from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.datasets.models import Dataset
from webapp.datasets.services.prepare import ask_preparation


def prepare_again(*, user: User, dataset_id: int) -> bool:
    """False when it is ready or being prepared. Raises ``PermissionDenied``."""
    dataset = one_of(Dataset.objects.all(), user, dataset_id, Role.RESEARCHER)
    return ask_preparation(dataset=dataset, actor=user)
