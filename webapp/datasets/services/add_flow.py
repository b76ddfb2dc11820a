"""Optical flow for clips that have none: a second data set beside the first, because a ready one never
changes."""

from __future__ import annotations

from django.db import transaction

from searchengine.core.errors import DataRefused
from searchengine.core.setting import SMALLEST_DIS_SIDE, DataSummary
from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.datasets.models import Dataset, DatasetState, FlowChoice
from webapp.datasets.services.prepare import ask_preparation

SLUG_END, TITLE_END = "-flow", " with optical flow"
MAY_BEGIN_ANEW = (DatasetState.FAILED, DatasetState.CANCELLED)


@transaction.atomic
def add_flow(*, user: User, dataset_id: int, method: FlowChoice) -> Dataset:
    """The data set of the same source with optical flow, asked to be prepared. One whose preparation failed
    or was cancelled begins anew, with this method.

    Raises ``PermissionDenied`` below the role of a researcher, and ``DataRefused`` when the set is not ready,
    holds no clips, has flow, or the one beside it is there.
    """
    dataset = one_of(Dataset.objects.all(), user, dataset_id, Role.RESEARCHER)
    _refuse(dataset.data_summary(), method)
    beside, new = Dataset.objects.select_for_update().get_or_create(
        team_id=dataset.team_id,
        slug=slug_with_flow(dataset),
        defaults={
            "title": dataset.title[: 160 - len(TITLE_END)] + TITLE_END,
            "source": dataset.source,
            "flow": method,
            "created_by": user,
        },
    )
    if not new:
        if beside.source != dataset.source or not beside.flow or beside.state not in MAY_BEGIN_ANEW:
            raise DataRefused(
                f"your team has {beside.title!r} already ({beside.get_state_display()}); open that one"
            )
        beside.flow = method
        beside.save(update_fields=["flow"])
    record(
        team_id=dataset.team_id,
        actor=user,
        action="add-flow",
        kind="dataset",
        object_id=beside.pk,
        detail={"of": dataset.pk, "flow": method},
    )
    ask_preparation(dataset=beside, actor=user)
    beside.refresh_from_db()
    return beside


def slug_with_flow(dataset: Dataset) -> str:
    """How the set with flow beside ``dataset`` is called in addresses."""
    return dataset.slug[: 80 - len(SLUG_END)] + SLUG_END


def _refuse(summary: DataSummary, method: FlowChoice) -> None:
    if summary.modality != "clips":
        raise DataRefused("optical flow needs clips, and this data set holds images")
    if summary.flow:
        raise DataRefused("this data set has optical flow already")
    if method == FlowChoice.DIS and summary.smallest_side < SMALLEST_DIS_SIDE:
        raise DataRefused(
            f"DIS needs frames of at least {SMALLEST_DIS_SIDE} pixels a side, these have"
            f" {summary.smallest_side}; choose Farnebäck"
        )
