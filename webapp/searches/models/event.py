"""A run's numbered events, and the artifacts it keeps in the store."""

from __future__ import annotations

from django.db import models

from searchengine.core.jsontext import Json, loads


class Event(models.Model):
    """Something that happened in a run. ``seq`` counts from 1 without gaps; written only under the run's
    lock."""

    run = models.ForeignKey("searches.SearchRun", on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=24)
    payload = models.TextField(default="{}", help_text="JSON text")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["run_id", "seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="one_event_a_seq")]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq} of run {self.run_id}"

    @property
    def payload_json(self) -> Json:
        return loads(self.payload)


class Artifact(models.Model):
    """A file of the store that a run refers to, by its sha256. ``needed`` while the run's state asks for it;
    ``unneeded_since`` is when it stopped, after which the sweep drops it unless something keeps it."""

    run = models.ForeignKey("searches.SearchRun", on_delete=models.CASCADE, related_name="artifacts")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=80, blank=True, default="")
    evaluation = models.ForeignKey(
        "searches.Evaluation", on_delete=models.SET_NULL, null=True, blank=True, related_name="artifacts"
    )
    needed = models.BooleanField(default=True)
    unneeded_since = models.DateTimeField(null=True, blank=True)
    dropped = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "sha256"], name="one_artifact_a_run")]
        indexes = [models.Index(fields=["sha256"], name="artifact_by_sha")]

    def __str__(self) -> str:
        return self.sha256
