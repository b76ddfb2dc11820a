"""What requests and answers look like: for validation and for the schema."""

from __future__ import annotations

from rest_framework import serializers


class Parameter(serializers.Serializer[None]):
    name = serializers.CharField()
    kind = serializers.CharField()
    default = serializers.JSONField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField()
    help = serializers.CharField()
    paper = serializers.CharField()
    group = serializers.CharField()


class Preset(serializers.Serializer[None]):
    name = serializers.CharField()
    title = serializers.CharField()
    cost = serializers.CharField()
    window = serializers.IntegerField()
    values = serializers.DictField()


class MethodShape(serializers.Serializer[None]):
    slug = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    result = serializers.CharField()
    control = serializers.CharField(allow_null=True)
    is_control = serializers.BooleanField()
    modalities = serializers.ListField(child=serializers.CharField())
    presets = Preset(many=True)
    parameters = Parameter(many=True)


class DatasetShape(serializers.Serializer[None]):
    id = serializers.IntegerField()
    team = serializers.CharField()
    slug = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    built_in = serializers.BooleanField()
    flow = serializers.BooleanField(help_text="whether it has optical flow, or will have when it is ready")
    labels = serializers.CharField(help_text="single or multi labels a sample; empty until it is ready")
    fingerprint = serializers.CharField()
    summary = serializers.DictField()
    progress = serializers.FloatField()
    doing = serializers.CharField()
    error = serializers.CharField()


class RunShape(serializers.Serializer[None]):
    id = serializers.IntegerField()
    team = serializers.CharField()
    name = serializers.CharField()
    method = serializers.CharField()
    preset = serializers.CharField()
    dataset = serializers.IntegerField()
    seed = serializers.IntegerField()
    window = serializers.IntegerField()
    state = serializers.CharField()
    error = serializers.CharField()
    control_of = serializers.IntegerField(allow_null=True)
    created = serializers.DateTimeField()
    started = serializers.DateTimeField(allow_null=True)
    finished = serializers.DateTimeField(allow_null=True)
    births = serializers.IntegerField()
    evaluations_done = serializers.IntegerField(help_text="run and told in the search phase")
    evaluations_planned = serializers.IntegerField(
        allow_null=True, help_text="expected; raised with those done, so never less; null: not known"
    )
    reused = serializers.IntegerField(help_text="candidates answered from history, which are no evaluations")
    failures = serializers.IntegerField()
    best_fitness = serializers.FloatField(allow_null=True)
    best_genome = serializers.IntegerField(allow_null=True)
    last_seq = serializers.IntegerField()


class RunDetail(RunShape):
    params = serializers.DictField()
    recipe = serializers.DictField()
    budget_evaluations = serializers.IntegerField(allow_null=True)
    budget_seconds = serializers.FloatField(allow_null=True)
    progress = serializers.DictField()
    outcome = serializers.DictField(allow_null=True)
    snapshots = serializers.ListField(child=serializers.DictField())


class LaunchShape(serializers.Serializer[None]):
    """``key`` is the same for a launch that is sent again: it stays one run."""

    method = serializers.CharField(max_length=80)
    dataset = serializers.IntegerField(min_value=1, max_value=2**62)
    preset = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    values = serializers.DictField(required=False, default=dict)
    name = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")
    seed = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, required=False, allow_null=True, default=None
    )
    window = serializers.IntegerField(
        min_value=1, max_value=4096, required=False, allow_null=True, default=None
    )
    budget_evaluations = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, default=None
    )
    budget_seconds = serializers.FloatField(
        min_value=1.0, max_value=1e9, required=False, allow_null=True, default=None
    )
    control = serializers.BooleanField(required=False, default=False)
    key = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class ForkShape(serializers.Serializer[None]):
    """``values`` are parameters that differ from the forked run's."""

    snapshot = serializers.IntegerField(min_value=1, max_value=2**62)
    name = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")
    values = serializers.DictField(required=False, default=dict)
    budget_evaluations = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, default=None
    )


class GenomeShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    key = serializers.CharField()
    genome = serializers.DictField()
    parents = serializers.ListField(child=serializers.IntegerField())
    operator = serializers.CharField()
    changes = serializers.ListField(child=serializers.DictField())
    cycle = serializers.IntegerField()
    fitness = serializers.FloatField(allow_null=True)
    parameters = serializers.IntegerField(allow_null=True)
    flops = serializers.IntegerField(allow_null=True)
    failure_code = serializers.CharField()
    left_reason = serializers.CharField()
    left_at_job = serializers.IntegerField(allow_null=True)


class EvaluationShape(serializers.Serializer[None]):
    job = serializers.IntegerField()
    kind = serializers.CharField()
    phase = serializers.CharField()
    state = serializers.CharField()
    attempt = serializers.IntegerField()
    seed = serializers.IntegerField()
    fidelity = serializers.DictField()
    predicted_cost = serializers.FloatField()
    seconds = serializers.FloatField()
    reuse_of = serializers.IntegerField(allow_null=True)
    metrics = serializers.DictField()
    failure = serializers.DictField(allow_null=True)
    curve = serializers.ListField(child=serializers.DictField())


class GenomeDetail(GenomeShape):
    evaluations = EvaluationShape(many=True)


class EventShape(serializers.Serializer[None]):
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    payload = serializers.DictField()
    at = serializers.FloatField()


class Points(serializers.Serializer[None]):
    """Columns of equal length, one entry a birth; null where there is none."""

    number = serializers.ListField(child=serializers.IntegerField())
    cycle = serializers.ListField(child=serializers.IntegerField())
    fitness = serializers.ListField(child=serializers.FloatField(allow_null=True))
    parameters = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    flops = serializers.ListField(child=serializers.IntegerField(allow_null=True))


class ExportWish(serializers.Serializer[None]):
    """Without ``genome`` what the search found is exported."""

    genome = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, allow_null=True, default=None
    )


class JudgementWish(serializers.Serializer[None]):
    """Without ``genome`` what the search found is judged. ``look_counts`` must be true: every look at the
    test part is counted and shown for good."""

    genome = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, allow_null=True, default=None
    )
    look_counts = serializers.BooleanField(default=False)


class JudgementShape(serializers.Serializer[None]):
    """``look`` is the how many-th look of the team at this test part, null before it was opened."""

    id = serializers.IntegerField()
    run = serializers.IntegerField()
    genome = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    look = serializers.IntegerField(allow_null=True)
    samples = serializers.IntegerField(allow_null=True)
    metrics = serializers.DictField(child=serializers.FloatField())
    error = serializers.CharField()


class ExportShape(serializers.Serializer[None]):
    id = serializers.IntegerField()
    run = serializers.IntegerField()
    kind = serializers.CharField()
    genome = serializers.IntegerField(allow_null=True)
    state = serializers.CharField()
    progress = serializers.FloatField()
    doing = serializers.CharField()
    error = serializers.CharField()
    sha256 = serializers.CharField()
    bytes = serializers.IntegerField(allow_null=True)
    checks = serializers.ListField(child=serializers.DictField())


def page_of(shape: type[serializers.Serializer[None]]) -> type[serializers.Serializer[None]]:
    """A page of rows by key."""
    return type(
        f"{shape.__name__}Page",
        (serializers.Serializer,),
        {"results": shape(many=True), "next": serializers.IntegerField(allow_null=True)},
    )
