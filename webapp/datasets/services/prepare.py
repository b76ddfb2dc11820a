"""Preparing a data set once, in the preparer: asked for here, run by its task."""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from searchengine.core.jsontext import Json, dumps
from searchengine.core.setting import DataSummary
from webapp.accounts.models import User
from webapp.accounts.services.audit import record
from webapp.datasets.models import Dataset, DatasetState
from webapp.operations.child_work import Ended, run_lines
from webapp.searches import bells

LONGEST_SECONDS = 6 * 3600.0
MEMORY_BYTES = 8 << 30
SAY_SECONDS = 0.5
AGAIN = [DatasetState.WAITING, DatasetState.FAILED, DatasetState.CANCELLED]


@transaction.atomic
def ask_preparation(*, dataset: Dataset, actor: User | None) -> bool:
    """Have the preparer take ``dataset``; False when it is ready or being prepared already."""
    asked = Dataset.objects.filter(pk=dataset.pk, state__in=AGAIN).update(
        state=DatasetState.WAITING,
        error="",
        progress=0.0,
        doing="",
        cancel_asked=False,
        attempts=0,
        touched=Now(),
    )
    if asked:
        record(team_id=dataset.team_id, actor=actor, action="prepare", kind="dataset", object_id=dataset.pk)
        bells.ring_preparer(bells.PREPARE_DATASET, dataset.pk)
    return bool(asked)


def prepare(dataset_id: int) -> bool:
    """Run the preparation; False when somebody else has it or nothing waits. Called by the preparer."""
    taken = Dataset.objects.filter(pk=dataset_id, state=DatasetState.WAITING).update(
        state=DatasetState.PREPARING, started=Now(), touched=Now(), attempts=F("attempts") + 1
    )
    if not taken:
        return False
    dataset = Dataset.objects.get(pk=dataset_id)
    watch = _Watch(dataset)
    ended = run_lines(
        _command(dataset),
        hear=watch.hear,
        go_on=watch.go_on,
        seconds=LONGEST_SECONDS,
        memory_bytes=MEMORY_BYTES,
        environment={"EVOSCOPE_VAR": str(settings.VAR)},
    )
    watch.conclude(ended)
    return True


def _command(dataset: Dataset) -> list[str]:
    command = [sys.executable, "-m", "searchengine", "data", "prepare", dataset.source, "--json"]
    return [*command, "--flow", dataset.flow] if dataset.flow else command


def _sentence(fault: Json) -> str:
    """What became of one sample, as a page says it."""
    used = ", used all the same" if fault.get("used") else ""
    return f"{fault.get('where', '')}: {fault.get('reason', '')}{used}"[:500]


class _Watch:
    """Progress lines into the row; the summary, the report and the error from the last ones."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.summary: Json | None = None
        self.report: list[str] = []
        self.error = ""
        self.progress = 0.0
        self.doing = ""

    def hear(self, value: Json) -> None:
        """``{"progress": phase, "done": n, "of": n}``, then ``{"summary": ..., "faults": [...]}`` or
        ``{"error": text}``."""
        if "progress" in value:
            self.doing = str(value["progress"])[:200]
            done, of = value.get("done"), value.get("of")
            if isinstance(done, int | float) and isinstance(of, int | float) and of > 0:
                self.progress = min(1.0, max(0.0, done / of))
        if isinstance(value.get("summary"), dict):
            self.summary = value["summary"]
        if isinstance(value.get("faults"), list):
            self.report = [_sentence(fault) for fault in value["faults"][:200] if isinstance(fault, dict)]
        if "error" in value:
            self.error = str(value["error"])[:2000]

    def go_on(self) -> bool:
        rows = Dataset.objects.filter(pk=self.dataset.pk, state=DatasetState.PREPARING, cancel_asked=False)
        return bool(rows.update(progress=self.progress, doing=self.doing, touched=Now()))

    def conclude(self, ended: Ended) -> None:
        rows = Dataset.objects.filter(pk=self.dataset.pk, state=DatasetState.PREPARING)
        if ended.reason == "cancelled":
            rows.update(state=DatasetState.CANCELLED, finished=Now(), doing="")
            return
        if ended.code == 0 and not ended.reason and self.summary is not None:
            summary = DataSummary.from_json(
                {
                    name: self.summary[name]
                    for name in DataSummary.__dataclass_fields__
                    if name in self.summary
                }
            )
            rows.update(
                state=DatasetState.READY,
                summary=dumps(summary.to_json()),
                fingerprint=summary.fingerprint,
                report=dumps(self.report),
                progress=1.0,
                doing="",
                error="",
                finished=Now(),
            )
            return
        rows.update(state=DatasetState.FAILED, error=self._why(ended), finished=Now(), doing="")

    def _why(self, ended: Ended) -> str:
        if self.error:
            return self.error
        if ended.reason == "time":
            return f"it took longer than {LONGEST_SECONDS / 3600:.0f} hours; prepare a smaller set"
        last = ended.words.splitlines()[-1] if ended.words else "no last words"
        return f"the preparer ended with code {ended.code}: {last}"[:2000]
