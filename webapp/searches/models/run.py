"""A search run, the state its method goes on from, and the snapshots a fork may start from."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from searchengine.core.jsontext import Json, loads
from webapp.searches import states


class SearchRun(models.Model):
    """One search. Its history is a function of method, params, data, seed, window and order alone.

    ``control_of`` marks a control of equal cost launched beside another run. ``launch_key`` makes a launch
    that arrives twice one run. ``last_seq`` is the number of its newest event, raised only under the run's
    lock.
    """

    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="runs")
    name = models.CharField(max_length=160)
    method = models.CharField(max_length=80)
    params = models.TextField(default="{}", help_text="every parameter of the method, as JSON text")
    preset = models.CharField(max_length=40, blank=True, default="")
    dataset = models.ForeignKey("datasets.Dataset", on_delete=models.PROTECT, related_name="runs")
    seed = models.BigIntegerField(default=0)
    window = models.PositiveIntegerField(default=8)
    order = models.CharField(max_length=10, default="birth")
    budget_evaluations = models.PositiveIntegerField(null=True, blank=True)
    budget_seconds = models.FloatField(null=True, blank=True)
    budget_cost = models.FloatField(null=True, blank=True)
    recipe = models.TextField(
        default="{}", help_text="precision and memory layout, chosen once, as JSON text"
    )
    plan = models.TextField(
        default="{}", help_text="the driver's plan as JSON text; never changes once queued"
    )

    state = models.CharField(max_length=12, choices=states.State.choices, default=states.State.DRAFT)
    error = models.TextField(
        blank=True, default="", help_text="why it is failed or broken: a sentence, then the trace"
    )
    held = models.CharField(
        max_length=40, blank=True, default="", help_text="why the product itself paused it, e.g. disk"
    )
    closing = models.BooleanField(default=False, help_text="no new births: a person stopped it")
    priority = models.IntegerField(default=0, help_text="greater is served first")

    control_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="controls"
    )
    forked_from = models.ForeignKey(
        "searches.Snapshot", on_delete=models.SET_NULL, null=True, blank=True, related_name="forks"
    )
    launch_key = models.CharField(max_length=160, unique=True, null=True, blank=True)
    wish = models.TextField(default="{}", help_text="what the launch asked for, as JSON text")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="runs"
    )
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)

    progress = models.TextField(default="{}", help_text="the method's state line as JSON text")
    outcome = models.TextField(blank=True, default="", help_text="what was found, as JSON text")
    best_fitness = models.FloatField(null=True, blank=True)
    best_genome = models.PositiveIntegerField(null=True, blank=True, help_text="birth number of the fittest")
    births = models.PositiveIntegerField(default=0)
    evaluations_done = models.PositiveIntegerField(default=0)  # run and told, search phase
    evaluations_planned = models.PositiveIntegerField(null=True, blank=True)  # never less than done
    failures = models.PositiveIntegerField(default=0)
    cost_done = models.FloatField(default=0.0)
    worked_seconds = models.FloatField(default=0.0, help_text="training process time of everything told")
    last_seq = models.BigIntegerField(default=0)
    stepped = models.DateTimeField(null=True, blank=True)
    active_seconds = models.FloatField(default=0.0, help_text="wall time it ran, up to active_since")
    active_since = models.DateTimeField(null=True, blank=True, help_text="set while it runs")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["team", "-id"], name="run_of_team"),
            models.Index(fields=["team", "state", "-id"], name="run_of_team_by_state"),
            models.Index(fields=["state"], name="run_by_state"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def params_json(self) -> Json:
        return loads(self.params)

    @property
    def progress_json(self) -> Json:
        return loads(self.progress)

    @property
    def reused(self) -> int:
        """Candidates of the search phase answered from history: told, but not run and no evaluations."""
        return int(self.progress_json.get("reused", 0))

    @property
    def evaluations_said(self) -> str:
        """``50 of 50 evaluations``, with what was answered from history beside it, when anything was."""
        of = f" of {self.evaluations_planned}" if self.evaluations_planned else ""
        reused = f" and {self.reused} answered from history" if self.reused else ""
        return f"{self.evaluations_done}{of} evaluations{reused}"

    @property
    def outcome_json(self) -> Json | None:
        return loads(self.outcome) if self.outcome else None

    @property
    def ended(self) -> bool:
        """True in a state the run never leaves."""
        return self.state in states.ENDED


class RunState(models.Model):
    """What the method goes on from: at most 64 KB of JSON text, kept as text because jsonb loses -0.0 and
    order.

    ``version`` counts steps; ``told`` is the number of the next job to be told, ``closed`` whether the
    search was told to close; ``keep`` lists the artifacts (sha256) the state still needs, as JSON text.
    """

    run = models.OneToOneField(SearchRun, on_delete=models.CASCADE, related_name="engine")
    state = models.TextField()
    version = models.PositiveIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)
    closed = models.BooleanField(default=False)
    keep = models.TextField(default="[]")

    def __str__(self) -> str:
        return f"state {self.version} of run {self.run_id}"


class Snapshot(models.Model):
    """The state at the end of a generation or round. ``artifacts`` names what it needs, as JSON text; once
    those are gone ``stale`` says why it cannot be forked from."""

    run = models.ForeignKey(SearchRun, on_delete=models.CASCADE, related_name="snapshots")
    name = models.CharField(max_length=120)
    seq = models.BigIntegerField()
    births = models.PositiveIntegerField()
    jobs = models.PositiveIntegerField()
    state = models.TextField()
    artifacts = models.TextField(default="[]")
    stale = models.CharField(max_length=200, blank=True, default="")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "seq", "name"], name="one_snapshot_a_milestone")
        ]

    def __str__(self) -> str:
        return f"{self.name} of run {self.run_id}"
