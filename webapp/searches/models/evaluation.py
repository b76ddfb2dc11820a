"""One job of a run as workers see it, and what it said of each genome."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from searchengine.core.jobs import Job, Result
from searchengine.core.jsontext import Json, loads
from webapp.searches.states import EvaluationState


class Evaluation(models.Model):
    """A job: waiting → leased → finished → told, or cancelled.

    ``number`` is the job number, from 0 in the order asked. ``lease_owner`` names one life of one slot of
    one worker; ``token`` rises when the evaluation starts, and a result is written only by who holds both.
    ``attempt`` counts starts; ``lost`` counts losses with nothing new checkpointed since the one before:
    ``alone`` has it claimed by itself, five end it. ``progress``, ``curve`` and ``found`` are JSON text.
    ``found`` is what it has found so far, told at ``found_step``, for pages alone: both are null where it
    never says, and again once the result is told.
    """

    run = models.ForeignKey("searches.SearchRun", on_delete=models.CASCADE, related_name="evaluations")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=60)
    evaluator = models.CharField(max_length=80)
    phase = models.CharField(max_length=10, default="search")
    subjects = ArrayField(models.PositiveIntegerField(), help_text="birth numbers")
    genome_key = models.CharField(
        max_length=64, blank=True, default="", help_text="of the one subject, if it is one"
    )
    inputs = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text="sha256 of the artifacts it reads; a worker that read them lately is preferred",
    )
    fidelity = models.TextField(default="{}")
    seed = models.BigIntegerField()
    priority = models.IntegerField(default=0)
    protocol = models.CharField(max_length=64)
    reuse_of = models.PositiveIntegerField(
        null=True, blank=True, help_text="job number whose result is told instead"
    )
    predicted_cost = models.FloatField(default=1.0)
    job = models.TextField(help_text="the engine's Job as JSON text")

    state = models.CharField(max_length=10, choices=EvaluationState.choices, default=EvaluationState.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    lost = models.PositiveSmallIntegerField(default=0)
    alone = models.BooleanField(default=False)
    token = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.ForeignKey(
        "searches.Worker", on_delete=models.SET_NULL, null=True, related_name="evaluations"
    )
    slot = models.PositiveSmallIntegerField(null=True, blank=True)

    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(
        null=True, blank=True, help_text="of the newest attempt; null while it waits its turn"
    )
    finished = models.DateTimeField(null=True, blank=True)
    told = models.DateTimeField(null=True, blank=True)

    progress_step = models.PositiveIntegerField(default=0)
    progress_of = models.PositiveIntegerField(default=0)
    progress = models.TextField(default="{}", help_text="newest reported metrics")
    curve = models.TextField(default="[]", help_text="rows of reported metrics")
    found_step = models.PositiveIntegerField(null=True, blank=True)
    found = models.TextField(null=True, blank=True, help_text="findings so far")
    checkpoint_step = models.PositiveIntegerField(null=True, blank=True)
    checkpoint_at = models.DateTimeField(null=True, blank=True)
    checkpoint_attempt = models.PositiveIntegerField(null=True, blank=True)
    result = models.TextField(blank=True, default="", help_text="the engine's Result as JSON text")
    seconds = models.FloatField(default=0.0, help_text="training process time of the accepted result")
    wasted_seconds = models.FloatField(
        default=0.0, help_text="training process time of attempts that were lost"
    )
    peak_rss = models.BigIntegerField(null=True, blank=True)
    trouble = models.TextField(blank=True, default="", help_text="why the newest attempt was lost, in words")

    class Meta:
        ordering = ["run_id", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_evaluation_a_number")]
        indexes = [
            models.Index(fields=["run", "number"], name="evaluation_waiting", condition=Q(state="waiting")),
            models.Index(fields=["lease_until"], name="evaluation_leased", condition=Q(state="leased")),
            models.Index(fields=["run", "number"], name="evaluation_untold", condition=Q(state="finished")),
            models.Index(fields=["worker", "slot", "-started"], name="evaluation_by_lane"),
            models.Index(
                fields=["run", "number"], name="evaluation_found", condition=Q(found_step__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.number} of run {self.run_id}"

    def engine_job(self) -> Job:
        return Job.from_json(loads(self.job))

    def engine_result(self) -> Result:
        return Result.from_json(loads(self.result))

    @property
    def curve_json(self) -> list[Json]:
        return loads(self.curve)

    @property
    def progress_json(self) -> Json:
        return loads(self.progress)


class Score(models.Model):
    """What an evaluation said of one genome: metrics (JSON text, all finite), or a failure; never both.

    Written when the result is told. ``fitness`` is null for a failure, never NaN.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="scores")
    genome = models.ForeignKey("searches.Genome", on_delete=models.CASCADE, related_name="scores")
    metrics = models.TextField(default="{}")
    fitness = models.FloatField(null=True, blank=True)
    failure_class = models.CharField(max_length=12, blank=True, default="")
    failure_code = models.CharField(max_length=40, blank=True, default="")
    failure_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["evaluation", "genome"], name="one_score_a_subject")]

    def __str__(self) -> str:
        return f"score of genome {self.genome_id} by evaluation {self.evaluation_id}"

    @property
    def metrics_json(self) -> Json:
        return loads(self.metrics)
