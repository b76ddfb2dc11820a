"""The page of one data set: what is in it, how its preparation goes, and what may be done with it."""

from __future__ import annotations

from typing import NamedTuple

from webapp.accounts.permissions import Person, role_in
from webapp.accounts.roles import Role
from webapp.datasets.forms import FlowForm
from webapp.datasets.models import Dataset, DatasetState
from webapp.datasets.pages.cards import DatasetCard
from webapp.datasets.pages.flow_facts import FlowFacts, flow_facts
from webapp.datasets.services.add_flow import MAY_BEGIN_ANEW, slug_with_flow


class DatasetPage(NamedTuple):
    """``flow_form`` is there where optical flow may be added, ``beside`` where that was done: the data set
    that has it. ``may_cancel`` and ``may_prepare`` say which buttons the person gets."""

    card: DatasetCard
    flow: FlowFacts | None
    flow_form: FlowForm | None
    beside: Dataset | None
    may_cancel: bool
    may_prepare: bool


def dataset_page(user: Person, card: DatasetCard, form: FlowForm | None = None) -> DatasetPage:
    """Two queries and one file. ``form`` is what the person sent, when it was refused."""
    dataset, summary = card.dataset, card.summary
    role = role_in(user, dataset.team_id)
    may_change = role is not None and role.includes(Role.RESEARCHER)
    without_flow = summary is not None and summary.modality == "clips" and not summary.flow
    beside = _beside(dataset) if without_flow else None
    again = beside is not None and beside.state in MAY_BEGIN_ANEW
    return DatasetPage(
        card=card,
        flow=flow_facts(dataset) if summary is not None and summary.flow else None,
        flow_form=(form or FlowForm()) if may_change and without_flow and (beside is None or again) else None,
        beside=beside,
        may_cancel=may_change and card.moving and not dataset.cancel_asked,
        may_prepare=may_change and dataset.state in (DatasetState.FAILED, DatasetState.CANCELLED),
    )


def _beside(dataset: Dataset) -> Dataset | None:
    rows = Dataset.objects.filter(
        team_id=dataset.team_id, slug=slug_with_flow(dataset), source=dataset.source
    )
    return rows.exclude(flow="").first()
