"""How often a test part was opened, and what it said."""

from __future__ import annotations

from searchengine.core.jsontext import Json
from webapp.judging.models import Judgement, JudgementState
from webapp.searches.models import Genome, SearchRun


def looks(team_id: int, fingerprint: str) -> int:
    """Looks of a team at the test part of a data set; one query."""
    return Judgement.objects.filter(team_id=team_id, fingerprint=fingerprint, look__isnull=False).count()


def judgement_of(run: SearchRun, genome: Genome | None) -> Judgement | None:
    """The newest judgement of ``genome``, or of the run's outcome; one query."""
    rows = Judgement.objects.filter(run=run, state=JudgementState.DONE)
    rows = rows.filter(whole=True) if genome is None else rows.filter(whole=False, genome=genome)
    return rows.order_by("-id").first()


def said_of_test(judgement: Judgement | None) -> Json | None:
    """What an export says of a judgement: metrics, samples, and the how many-th look it was."""
    if judgement is None:
        return None
    return {**judgement.metrics_json, "samples": judgement.samples, "look": judgement.look}
