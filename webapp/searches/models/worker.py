"""Workers as they were last seen."""

from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """One life of one worker process. ``last_seen`` is by the database's clock; ``gone`` is set by the
    sweep when it stays silent for longer than a lease, and cleared when it wakes. What it does now: its
    leased evaluations."""

    name = models.CharField(max_length=120, unique=True)
    host = models.CharField(max_length=120, blank=True, default="")
    pid = models.PositiveIntegerField(default=0)
    slots = models.PositiveSmallIntegerField(default=1)
    device = models.CharField(max_length=80, blank=True, default="cpu")
    memory_bytes = models.BigIntegerField(null=True, blank=True)
    code_version = models.CharField(max_length=80, blank=True, default="")
    started = models.DateTimeField(auto_now_add=True)
    last_seen = models.DateTimeField()
    stopped = models.DateTimeField(null=True, blank=True, help_text="said goodbye")
    gone = models.DateTimeField(null=True, blank=True, help_text="lost contact")

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["-last_seen"], name="worker_by_last_seen")]

    def __str__(self) -> str:
        return self.name
