"""A look at the test part of a data set: what was judged, by whom, and what came out."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from searchengine.core.jsontext import Json, loads


class JudgementState(models.TextChoices):
    WAITING = "waiting", "waiting"
    JUDGING = "judging", "being judged"
    DONE = "done", "judged"
    FAILED = "failed", "failed"


class Judgement(models.Model):
    """``genome`` None means what the search found as a whole. ``fingerprint`` names the data set whose test
    part was opened; ``look`` is the how many-th look of the team at it, counted when it was opened.
    ``metrics`` is JSON text; ``members`` names births and weights, so that the same networks are not judged
    twice."""

    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="judgements")
    run = models.ForeignKey("searches.SearchRun", on_delete=models.CASCADE, related_name="judgements")
    genome = models.ForeignKey(
        "searches.Genome", on_delete=models.SET_NULL, null=True, blank=True, related_name="judgements"
    )
    whole = models.BooleanField(default=True, help_text="what the search found, not one network")
    fingerprint = models.CharField(max_length=64)
    members = models.TextField(default="[]", help_text="[birth, sha256 of weights] a network, JSON text")
    state = models.CharField(max_length=10, choices=JudgementState.choices, default=JudgementState.WAITING)
    look = models.PositiveIntegerField(null=True, blank=True)
    metrics = models.TextField(default="{}")
    samples = models.PositiveIntegerField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)
    touched = models.DateTimeField(null=True, blank=True, help_text="the preparer's last sign of life")
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["run", "-id"], name="judgement_of_run"),
            models.Index(fields=["team", "fingerprint"], name="judgement_of_data"),
            models.Index(fields=["state", "id"], name="judgement_by_state"),
        ]

    def __str__(self) -> str:
        return f"judgement {self.pk} of run {self.run_id}"

    @property
    def metrics_json(self) -> Json:
        return loads(self.metrics)
