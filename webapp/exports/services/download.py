"""Opening an export's zip for somebody who may have it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from searchengine.jobs.store import MissingArtifact, Store
from webapp.accounts.permissions import Person, one_of
from webapp.accounts.roles import Role
from webapp.exports.models import Export, ExportState
from webapp.exports.services.ask import ExportRefused


class Download(NamedTuple):
    """``path`` is the store's, never a client's; ``filename`` holds letters, digits and dashes alone."""

    export: Export
    path: Path
    filename: str


def open_download(*, user: Person, export_id: int) -> Download:
    """Raises ``PermissionDenied``, and ``ExportRefused`` while there is no file."""
    export = one_of(Export.objects.select_related("genome"), user, export_id, Role.VIEWER)
    if export.state != ExportState.READY:
        raise ExportRefused(
            f"this export is {export.get_state_display()}; it can be downloaded once it is ready"
        )
    try:
        path = Store(settings.STORE).path(export.sha256)
    except MissingArtifact:
        raise ExportRefused("the file of this export is gone from the store; export again") from None
    what = f"genome-{export.genome.number}" if export.genome else "outcome"
    return Download(export, path, f"evoscope-run-{export.run_id}-{what}-{export.sha256[:8]}.zip")
