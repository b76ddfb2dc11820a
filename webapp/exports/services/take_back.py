"""Exports left behind."""

from __future__ import annotations

from webapp.exports.models import Export, ExportState
from webapp.operations.left_behind import take_back
from webapp.searches import bells


def take_back_exports() -> None:
    """Called by the sweep."""
    take_back(
        Export.objects.all(),
        doing=ExportState.WRITING,
        waiting=ExportState.WAITING,
        failed=ExportState.FAILED,
        died="wrote this",
        ring=lambda pk: bells.ring_preparer(bells.WRITE_EXPORT, pk),
    )
