"""Preparations left behind."""

from __future__ import annotations

from webapp.datasets.models import Dataset, DatasetState
from webapp.operations.left_behind import take_back
from webapp.searches import bells


def take_back_preparations() -> None:
    """Called by the sweep."""
    take_back(
        Dataset.objects.all(),
        doing=DatasetState.PREPARING,
        waiting=DatasetState.WAITING,
        failed=DatasetState.FAILED,
        died="read this set; look at its files",
        ring=lambda pk: bells.ring_preparer(bells.PREPARE_DATASET, pk),
    )
