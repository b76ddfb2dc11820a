"""Data sets as pages show them."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count

from searchengine.core.jsontext import loads
from searchengine.core.setting import DataSummary
from webapp.accounts.permissions import Person, visible
from webapp.datasets.models import Dataset, DatasetState
from webapp.datasets.pages.previews import Previews, clip_label, previews

LOOKS = {
    DatasetState.WAITING: "accent",
    DatasetState.PREPARING: "accent",
    DatasetState.READY: "good",
    DatasetState.FAILED: "bad",
    DatasetState.CANCELLED: "warn",
}


class Part(NamedTuple):
    """A part of the split: its samples, their share of all in percent, and what it is for."""

    name: str
    samples: int
    share: float
    use: str


class DatasetCard(NamedTuple):
    """``shape`` is the size of one sample in words; ``clips`` and ``flows`` pair each picture's file name
    with the class it shows."""

    dataset: Dataset
    summary: DataSummary | None
    look: str
    shape: str
    parts: tuple[Part, ...]
    previews: Previews
    clips: tuple[tuple[str, str], ...]
    flows: tuple[tuple[str, str], ...]
    report: tuple[str, ...]
    runs: int

    @property
    def moving(self) -> bool:
        """Whether it is being prepared or waits for that."""
        return self.dataset.state in MOVING


MOVING = (DatasetState.WAITING, DatasetState.PREPARING)
USES = {
    "train": "networks learn from these",
    "validation": "selection judges on these",
    "test": "locked away until a person opens it",
}


def dataset_cards(user: Person) -> list[DatasetCard]:
    """Every data set of the person's teams; one query and one folder each."""
    rows = visible(Dataset.objects.all(), user).annotate(run_count=Count("runs")).order_by("title", "id")
    return [_card(dataset, dataset.run_count) for dataset in rows]


def dataset_card(user: Person, slug: str) -> DatasetCard | None:
    """The data set of that name, of the person's oldest team that has one; None for a stranger."""
    rows = (
        visible(Dataset.objects.all(), user)
        .filter(slug=slug)
        .annotate(run_count=Count("runs"))
        .order_by("team_id")
    )
    found = rows.first()
    return _card(found, found.run_count) if found else None


def _card(dataset: Dataset, runs: int) -> DatasetCard:
    ready = dataset.state == DatasetState.READY
    summary = DataSummary.from_json(loads(dataset.summary)) if ready else None
    seen = previews(dataset)
    return DatasetCard(
        dataset=dataset,
        summary=summary,
        look=LOOKS[DatasetState(dataset.state)],
        shape=_shape(summary) if summary else "",
        parts=_parts(summary) if summary else (),
        previews=seen,
        clips=_labelled(seen.clips, summary),
        flows=_labelled(seen.flows, summary),
        report=tuple(loads(dataset.report)),
        runs=runs,
    )


def _labelled(names: tuple[str, ...], summary: DataSummary | None) -> tuple[tuple[str, str], ...]:
    classes = summary.classes if summary else ()
    return tuple((name, clip_label(name, classes)) for name in names)


def _shape(summary: DataSummary) -> str:
    colours = {1: "grey", 3: "colour"}.get(summary.shape[0], f"{summary.shape[0]} channels")
    if summary.modality == "clips":
        return f"{summary.shape[1]} frames of {summary.shape[2]}×{summary.shape[3]}, {colours}"
    return f"{summary.shape[1]}×{summary.shape[2]} pixels, {colours}"


def _parts(summary: DataSummary) -> tuple[Part, ...]:
    total = sum(summary.sizes.values()) or 1
    return tuple(
        Part(name, samples, 100 * samples / total, USES.get(name, ""))
        for name, samples in summary.sizes.items()
    )
