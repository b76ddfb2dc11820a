"""Files of the store that no row names: weights of a result that was never told, because its run was killed
or its worker came too late."""

from __future__ import annotations

import time
from itertools import cycle
from pathlib import Path

from django.conf import settings

from webapp.exports.selectors.files import exported
from webapp.searches.models import Artifact, Evaluation
from webapp.searches.states import EvaluationState

OLDEST_SECONDS = 2 * 24 * 3600.0
"""A file this old without a row will get none: results are told long before, or never."""

_FOLDERS = cycle([f"{number:02x}" for number in range(256)] + [".aside"])


def drop_unnamed_files() -> int:
    """Look through the next of the store's folders; a whole tour takes as many rounds as there are."""
    return drop_unnamed(settings.STORE / next(_FOLDERS))


def drop_unnamed(folder: Path) -> int:
    """Drop the old files of one folder that no artifact, no export and no untold result names; how many."""
    if not folder.is_dir():
        return 0
    before = time.time() - OLDEST_SECONDS
    old = {path.name: path for path in folder.iterdir() if path.is_file() and path.stat().st_mtime < before}
    named = set(Artifact.objects.filter(sha256__in=old, dropped=None).values_list("sha256", flat=True))
    named |= exported(old)
    dropped = 0
    for name in old.keys() - named:
        if not _in_an_untold_result(name):
            old[name].unlink(missing_ok=True)
            dropped += 1
    return dropped


def _in_an_untold_result(name: str) -> bool:
    return Evaluation.objects.filter(state=EvaluationState.FINISHED, result__contains=name).exists()
