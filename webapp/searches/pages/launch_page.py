"""What may be launched, by whom, on what."""

from __future__ import annotations

from typing import NamedTuple

from searchengine import catalogue
from searchengine.core.method import Method
from searchengine.core.setting import DataSummary
from webapp.accounts.permissions import Person, visible
from webapp.accounts.roles import Role
from webapp.datasets.models import Dataset, DatasetState
from webapp.searches.pages.methods import launchable


class Unfit(NamedTuple):
    """A data set that cannot be searched on now, and why."""

    dataset: Dataset
    reason: str


class DataChoices(NamedTuple):
    accepted: list[Dataset]
    unfit: list[Unfit]


class MethodCard(NamedTuple):
    """A method in the list; ``data`` is how many of the person's data sets it accepts."""

    method: Method
    data: int
    cost: str


def data_choices(user: Person, method: Method) -> DataChoices:
    """Data sets of teams in which the person may launch, sorted into fit and unfit; one query. For a
    control those come first that the space it would search fits."""
    accepted, unfit = [], []
    for dataset in visible(Dataset.objects.all(), user, Role.RESEARCHER).order_by("title", "id"):
        reason = _refusal(method, dataset)
        if reason is None:
            accepted.append(dataset)
        else:
            unfit.append(Unfit(dataset, reason))
    return DataChoices(sorted(accepted, key=lambda dataset: not _fits_space(method, dataset)), unfit)


def method_cards(user: Person) -> list[MethodCard]:
    """Every method with how many data sets it could search on; one query."""
    datasets = list(visible(Dataset.objects.all(), user, Role.RESEARCHER))
    return [
        MethodCard(
            method,
            sum(_refusal(method, dataset) is None for dataset in datasets),
            next(iter(method.presets.values())).cost,
        )
        for method in launchable()
    ]


def _fits_space(method: Method, dataset: Dataset) -> bool:
    """Whether a control's preset space takes the data; True for every other method."""
    space = method.params.model_fields.get("space") if method.is_control else None
    found = catalogue.spaces().get(str(space.default)) if space else None
    return found is None or found.accepts.refusal(dataset.data_summary()) is None


def _refusal(method: Method, dataset: Dataset) -> str | None:
    if dataset.state != DatasetState.READY:
        return {
            DatasetState.FAILED: "its preparation failed; open it to see why",
            DatasetState.CANCELLED: "its preparation was cancelled",
        }.get(DatasetState(dataset.state), "it is still being prepared; this takes a moment")
    summary: DataSummary = dataset.data_summary()
    return method.accepts.refusal(summary)
