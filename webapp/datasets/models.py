"""A data set of a team and how its preparation goes."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from searchengine.core.errors import DataRefused
from searchengine.core.jsontext import loads
from searchengine.core.setting import DataSummary


class DatasetState(models.TextChoices):
    WAITING = "waiting", "waiting"
    PREPARING = "preparing", "preparing"
    READY = "ready", "ready"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class FlowChoice(models.TextChoices):
    AUTO = "auto", "Automatic"
    FARNEBACK = "farneback", "Farnebäck"
    DIS = "dis", "DIS"


class Dataset(models.Model):
    """Prepared once under ``fingerprint``; a ready one never changes. ``source`` is the name of a built-in
    set or the path an administrator gave on the command line; no browser ever sends one. ``flow`` is the
    optical flow that was asked for, empty where the set decides."""

    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="datasets")
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=160)
    source = models.TextField()
    built_in = models.BooleanField(default=False)
    flow = models.CharField(max_length=12, choices=FlowChoice.choices, blank=True, default="")
    state = models.CharField(max_length=12, choices=DatasetState.choices, default=DatasetState.WAITING)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    summary = models.TextField(default="{}", help_text="DataSummary as JSON text, once ready")
    report = models.TextField(default="[]", help_text="sentences on what was left out and why, as JSON text")
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
        ordering = ["title"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="one_dataset_a_slug")]
        indexes = [models.Index(fields=["state", "id"], name="dataset_by_state")]

    def __str__(self) -> str:
        return self.title

    def data_summary(self) -> DataSummary:
        """What the engine knows of a ready set. Raises ``DataRefused`` while it is not ready."""
        if self.state != DatasetState.READY:
            raise DataRefused(
                f"the data set {self.title!r} is not ready yet ({self.state}); wait until it is prepared"
            )
        return DataSummary.from_json(loads(self.summary))
