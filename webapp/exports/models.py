"""A found network, or a run's whole outcome, packed for use elsewhere."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from searchengine.core.jsontext import Json, loads


class ExportKind(models.TextChoices):
    GENOME = "genome", "one network"
    OUTCOME = "outcome", "what the search found"


class ExportState(models.TextChoices):
    WAITING = "waiting", "waiting"
    WRITING = "writing", "being written and checked"
    READY = "ready", "ready"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class Export(models.Model):
    """A zip in the store. ``checks`` is JSON text: ``[{"name": ..., "passed": true, "detail": ...}]``,
    found in a clean process that cannot import this project."""

    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="exports")
    run = models.ForeignKey("searches.SearchRun", on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=10, choices=ExportKind.choices, default=ExportKind.GENOME)
    genome = models.ForeignKey(
        "searches.Genome", on_delete=models.SET_NULL, null=True, blank=True, related_name="exports"
    )
    state = models.CharField(max_length=10, choices=ExportState.choices, default=ExportState.WAITING)
    checks = models.TextField(default="[]")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    bytes = models.BigIntegerField(null=True, blank=True)
    progress = models.FloatField(default=0.0, help_text="share done, 0 to 1")
    doing = models.CharField(max_length=200, blank=True, default="")
    error = models.TextField(blank=True, default="")
    cancel_asked = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    touched = models.DateTimeField(null=True, blank=True, help_text="the preparer's last sign of life")
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["run", "-id"], name="export_of_run"),
            models.Index(fields=["state", "id"], name="export_by_state"),
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of run {self.run_id}"

    @property
    def checks_json(self) -> list[Json]:
        return loads(self.checks)
