"""Writing an export in the preparer: a child writes and checks it in a clean process, the store keeps the
zip."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from searchengine.core.jsontext import Json, dumps
from searchengine.jobs.store import DamagedArtifact, Store
from webapp.exports.models import Export, ExportKind, ExportState
from webapp.exports.services.ask import ExportRefused
from webapp.exports.specification import specification
from webapp.judging.selectors.looks import judgement_of, said_of_test
from webapp.operations.child_work import Ended, run_lines
from webapp.operations.scratch import scratch_folder

LONGEST_SECONDS = 1800.0
MEMORY_BYTES = 8 << 30


def write_export(export_id: int) -> bool:
    """Write one export; False when somebody else has it or nothing waits. Called by the preparer."""
    taken = Export.objects.filter(pk=export_id, state=ExportState.WAITING).update(
        state=ExportState.WRITING, started=Now(), touched=Now(), attempts=F("attempts") + 1
    )
    if not taken:
        return False
    export = Export.objects.select_related("run", "genome").get(pk=export_id)
    try:
        with scratch_folder(f"export-{export_id}") as folder:
            _write(export, folder)
    except (ExportRefused, DamagedArtifact) as refused:
        _fail(export, str(refused))
    return True


def _write(export: Export, folder: Path) -> None:
    if export.kind == ExportKind.GENOME and export.genome is None:
        raise ExportRefused("the birth of this export is gone; export another one")
    spec = folder / "spec.json"
    judged = judgement_of(export.run, export.genome)
    spec.write_text(dumps(specification(export.run, export.genome, said_of_test(judged))))
    packed = folder / "export.zip"
    watch = _Watch(export)
    ended = run_lines(
        [
            *(sys.executable, "-m", "searchengine.export", str(spec)),
            *("--to", str(folder / "export"), "--zip", str(packed), "--json"),
        ],
        hear=watch.hear,
        go_on=watch.go_on,
        seconds=LONGEST_SECONDS,
        memory_bytes=MEMORY_BYTES,
        environment={"OMP_NUM_THREADS": "1"},
    )
    watch.conclude(ended, packed)


class _Watch:
    """Progress lines into the row, the checks at the end."""

    def __init__(self, export: Export) -> None:
        self.rows = Export.objects.filter(pk=export.pk, state=ExportState.WRITING)
        self.checks: list[Json] = []
        self.passed = False
        self.error = ""
        self.progress = 0.0
        self.doing = ""

    def hear(self, value: Json) -> None:
        if "progress" in value:
            self.doing = str(value["progress"])[:200]
            done, of = value.get("done"), value.get("of")
            if isinstance(done, int | float) and isinstance(of, int | float) and of > 0:
                self.progress = min(1.0, max(0.0, done / of))
        if isinstance(value.get("checks"), list):
            self.checks = value["checks"]
            self.passed = value.get("ok") is True
        if "error" in value:
            self.error = str(value["error"])[:2000]

    def go_on(self) -> bool:
        rows = self.rows.filter(cancel_asked=False)
        return bool(rows.update(progress=self.progress, doing=self.doing, touched=Now()))

    def conclude(self, ended: Ended, packed: Path) -> None:
        if ended.reason == "cancelled":
            self.rows.update(state=ExportState.CANCELLED, finished=Now(), doing="")
        elif ended.code == 0 and not ended.reason and self.passed and packed.is_file():
            sha256 = Store(settings.STORE).put(packed)
            self.rows.update(
                state=ExportState.READY,
                sha256=sha256,
                bytes=packed.stat().st_size,
                checks=dumps(self.checks),
                progress=1.0,
                doing="",
                error="",
                finished=Now(),
            )
        else:
            self.rows.update(
                state=ExportState.FAILED,
                checks=dumps(self.checks),
                error=self._why(ended),
                doing="",
                finished=Now(),
            )

    def _why(self, ended: Ended) -> str:
        failed = [str(check.get("name")) for check in self.checks if not check.get("passed")]
        if self.error:
            return self.error
        if failed:
            return f"it was written, but did not pass: {', '.join(failed)}"
        if ended.reason == "time":
            return f"it took longer than {LONGEST_SECONDS / 60:.0f} minutes"
        last = ended.words.splitlines()[-1] if ended.words else "no last words"
        return f"the exporter ended with code {ended.code}: {last}"[:2000]


def _fail(export: Export, reason: str) -> None:
    Export.objects.filter(pk=export.pk, state=ExportState.WRITING).update(
        state=ExportState.FAILED, error=reason, doing="", finished=Now()
    )
