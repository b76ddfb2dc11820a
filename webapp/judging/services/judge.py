"""Judging in the preparer: a child opens the test part, the row keeps what came out and which look it was."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from searchengine.core.jsontext import Json, dumps
from searchengine.jobs.store import DamagedArtifact
from webapp.accounts.models import Team
from webapp.exports.services.ask import ExportRefused
from webapp.exports.specification import specification
from webapp.judging.models import Judgement, JudgementState
from webapp.operations.child_work import run_lines
from webapp.operations.scratch import scratch_folder

LONGEST_SECONDS = 1800.0
MEMORY_BYTES = 8 << 30


def judge(judgement_id: int) -> bool:
    """Judge one; False when somebody else has it or nothing waits. Called by the preparer."""
    taken = Judgement.objects.filter(pk=judgement_id, state=JudgementState.WAITING).update(
        state=JudgementState.JUDGING, touched=Now(), attempts=F("attempts") + 1
    )
    if not taken:
        return False
    found = Judgement.objects.select_related("run", "genome").get(pk=judgement_id)
    try:
        with scratch_folder(f"judge-{judgement_id}") as folder:
            _judge(found, folder)
    except (ExportRefused, DamagedArtifact) as refused:
        _fail(found, str(refused))
    return True


def _judge(judgement: Judgement, folder: Path) -> None:
    if not judgement.whole and judgement.genome is None:
        raise ExportRefused("the birth of this judgement is gone")
    spec = folder / "spec.json"
    spec.write_text(dumps(specification(judgement.run, judgement.genome)))
    said: list[Json] = []
    command = [
        *(sys.executable, "-m", "searchengine.judging", str(spec)),
        *("--data-root", str(settings.VAR / "data"), "--device", settings.DEVICE),
    ]
    rows = Judgement.objects.filter(pk=judgement.pk, state=JudgementState.JUDGING)
    ended = run_lines(
        command,
        hear=said.append,
        go_on=lambda: bool(rows.update(touched=Now())),
        seconds=LONGEST_SECONDS,
        memory_bytes=MEMORY_BYTES,
        environment={"OMP_NUM_THREADS": "1"},
    )
    last = said[-1] if said else {}
    if ended.code == 0 and not ended.reason and "metrics" in last:
        _keep(judgement, last["metrics"], int(last["samples"]))
    else:
        words = ended.words.splitlines()[-1] if ended.words else f"the judge ended with code {ended.code}"
        _fail(judgement, str(last.get("error") or words))


@transaction.atomic
def _keep(judgement: Judgement, metrics: Json, samples: int) -> None:
    """Looks of a team are counted one after the other: its row is locked meanwhile."""
    Team.objects.select_for_update().get(pk=judgement.team_id)
    before = Judgement.objects.filter(
        team_id=judgement.team_id, fingerprint=judgement.fingerprint, look__isnull=False
    ).count()
    Judgement.objects.filter(pk=judgement.pk, state=JudgementState.JUDGING).update(
        state=JudgementState.DONE,
        look=before + 1,
        metrics=dumps(metrics),
        samples=samples,
        error="",
        finished=Now(),
    )


def _fail(judgement: Judgement, reason: str) -> None:
    Judgement.objects.filter(pk=judgement.pk, state=JudgementState.JUDGING).update(
        state=JudgementState.FAILED, error=reason[:2000], finished=Now()
    )
