"""A birth: genome, parents, how it came to be, what it scored, when and why it left."""

from __future__ import annotations

from django.db import models

from searchengine.core.jsontext import Json, loads


class Genome(models.Model):
    """One birth of a run, numbered from 0 in the order asked. Never deleted while its run stands.

    ``fitness`` and ``score`` are of its first told score in the search phase, so they never change
    afterwards; ``parameters`` and ``flops`` are those of the network as it was scored. ``left_reason`` is
    empty while it lives.
    """

    run = models.ForeignKey("searches.SearchRun", on_delete=models.CASCADE, related_name="genomes")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    genome = models.TextField(help_text="JSON text")
    parents = models.ManyToManyField("self", through="Parentage", symmetrical=False, related_name="children")
    parent_numbers = models.TextField(default="[]", help_text="birth numbers in order, as JSON text")
    operator = models.CharField(max_length=40)
    changes = models.TextField(default="[]", help_text="every step of the operator, as JSON text")
    cycle = models.IntegerField(default=0)
    born = models.DateTimeField(auto_now_add=True)

    entered_at_job = models.PositiveIntegerField(null=True, blank=True)
    left_reason = models.CharField(max_length=40, blank=True, default="")
    left_at_job = models.PositiveIntegerField(null=True, blank=True)

    told_at_job = models.PositiveIntegerField(null=True, blank=True)
    score = models.TextField(
        blank=True, default="", help_text="first told score in the search phase, as JSON text"
    )
    fitness = models.FloatField(null=True, blank=True)
    parameters = models.BigIntegerField(null=True, blank=True)
    flops = models.BigIntegerField(null=True, blank=True)
    failure_code = models.CharField(max_length=40, blank=True, default="")
    starred = models.BooleanField(default=False)

    class Meta:
        ordering = ["run_id", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_genome_a_number")]
        indexes = [
            models.Index(fields=["run", "key", "number"], name="genome_by_key"),
            models.Index(
                models.F("run"),
                models.F("fitness").desc(nulls_last=True),
                models.F("number"),
                name="genome_by_fitness",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} of run {self.run_id}"

    @property
    def genome_json(self) -> Json:
        return loads(self.genome)

    @property
    def changes_json(self) -> list[Json]:
        return loads(self.changes)


class Parentage(models.Model):
    """That ``parent`` is the ``position``-th parent of ``child``."""

    child = models.ForeignKey(Genome, on_delete=models.CASCADE, related_name="parentages")
    parent = models.ForeignKey(Genome, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["child_id", "position"]
        constraints = [models.UniqueConstraint(fields=["child", "position"], name="one_parent_a_position")]

    def __str__(self) -> str:
        return f"{self.parent_id} → {self.child_id}"
