"""Judgements left behind."""

from __future__ import annotations

from webapp.judging.models import Judgement, JudgementState
from webapp.operations.left_behind import take_back
from webapp.searches import bells


def take_back_judgements() -> None:
    """Called by the sweep."""
    take_back(
        Judgement.objects.all(),
        doing=JudgementState.JUDGING,
        waiting=JudgementState.WAITING,
        failed=JudgementState.FAILED,
        died="judged this",
        ring=lambda pk: bells.ring_preparer(bells.JUDGE, pk),
    )
