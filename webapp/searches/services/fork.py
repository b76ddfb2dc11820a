"""Fork: a new run that goes on from a snapshot of another, with its history up to there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import connection, transaction

from searchengine import catalogue, driver
from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import loads
from webapp.accounts.models import User
from webapp.accounts.permissions import one_of
from webapp.accounts.roles import Role
from webapp.accounts.services.audit import record
from webapp.searches.models import RunState, SearchRun, Snapshot
from webapp.searches.services.queue_run import queue_run

_COPY_GENOMES = """
INSERT INTO searches_genome (
    run_id, number, key, genome, parent_numbers, operator, changes, cycle, born, starred, entered_at_job,
    left_reason, left_at_job, told_at_job, score, fitness, parameters, flops, failure_code)
SELECT %(new)s, number, key, genome, parent_numbers, operator, changes, cycle, born, false,
    CASE WHEN entered_at_job < %(told)s THEN entered_at_job END,
    CASE WHEN left_at_job < %(told)s THEN left_reason ELSE '' END,
    CASE WHEN left_at_job < %(told)s THEN left_at_job END,
    CASE WHEN told_at_job < %(told)s THEN told_at_job END,
    CASE WHEN told_at_job < %(told)s THEN score ELSE '' END,
    CASE WHEN told_at_job < %(told)s THEN fitness END,
    CASE WHEN told_at_job < %(told)s THEN parameters END,
    CASE WHEN told_at_job < %(told)s THEN flops END,
    CASE WHEN told_at_job < %(told)s THEN failure_code ELSE '' END
FROM searches_genome WHERE run_id = %(old)s AND number < %(births)s
"""

_COPY_PARENTAGE = """
INSERT INTO searches_parentage (child_id, parent_id, position)
SELECT child.id, parent.id, link.position
FROM searches_parentage AS link
JOIN searches_genome AS old_child ON old_child.id = link.child_id
JOIN searches_genome AS old_parent ON old_parent.id = link.parent_id
JOIN searches_genome AS child ON child.run_id = %(new)s AND child.number = old_child.number
JOIN searches_genome AS parent ON parent.run_id = %(new)s AND parent.number = old_parent.number
WHERE old_child.run_id = %(old)s
"""

_COPY_TOLD = """
INSERT INTO searches_evaluation (
    run_id, number, kind, evaluator, phase, subjects, genome_key, inputs, fidelity, seed, priority, protocol,
    reuse_of, predicted_cost, job, state, attempt, lost, alone, token, lease_owner,
    created, started, finished, told,
    progress_step, progress_of, progress, curve, result, seconds, wasted_seconds, peak_rss, trouble)
SELECT %(new)s, number, kind, evaluator, phase, subjects, genome_key, inputs, fidelity, seed, priority,
    protocol, reuse_of, predicted_cost, job, 'told', attempt, 0, false, 0, '',
    created, started, finished, told,
    progress_step, progress_of, progress, curve, result, seconds, 0, NULL, ''
FROM searches_evaluation WHERE run_id = %(old)s AND number < %(told)s
"""

# What was asked and untold at the snapshot is asked again.
_COPY_UNTOLD = """
INSERT INTO searches_evaluation (
    run_id, number, kind, evaluator, phase, subjects, genome_key, inputs, fidelity, seed, priority,
    protocol, reuse_of, predicted_cost, job, state, attempt, lost, alone, token, lease_owner, created,
    progress_step, progress_of, progress, curve, result, seconds, wasted_seconds, trouble)
SELECT %(new)s, number, kind, evaluator, phase, subjects, genome_key, inputs, fidelity, seed, priority,
    protocol, reuse_of, predicted_cost, job, CASE WHEN reuse_of IS NULL THEN 'waiting' ELSE 'finished' END,
    0, 0, false, 0, '', now(), 0, 0, '{}', '[]', '', 0, 0, ''
FROM searches_evaluation WHERE run_id = %(old)s AND number >= %(told)s AND number < %(jobs)s
"""

_COPY_SCORES = """
INSERT INTO searches_score (
    evaluation_id, genome_id, metrics, fitness, failure_class, failure_code, failure_reason)
SELECT evaluation.id, genome.id, score.metrics, score.fitness, score.failure_class, score.failure_code,
    score.failure_reason
FROM searches_score AS score
JOIN searches_evaluation AS old_evaluation ON old_evaluation.id = score.evaluation_id
JOIN searches_genome AS old_genome ON old_genome.id = score.genome_id
JOIN searches_evaluation AS evaluation
    ON evaluation.run_id = %(new)s AND evaluation.number = old_evaluation.number
JOIN searches_genome AS genome ON genome.run_id = %(new)s AND genome.number = old_genome.number
WHERE old_evaluation.run_id = %(old)s AND old_evaluation.number < %(told)s
"""

_COPY_ARTIFACTS = """
INSERT INTO searches_artifact (run_id, sha256, name, needed, unneeded_since, created)
SELECT %(new)s, sha256, name, sha256 = ANY(%(kept)s),
    CASE WHEN sha256 = ANY(%(kept)s) THEN NULL ELSE now() END, now()
FROM searches_artifact WHERE run_id = %(old)s AND dropped IS NULL
"""

_SUM_UP = """
UPDATE searches_searchrun AS run SET
    best_fitness = best.fitness, best_genome = best.number,
    worked_seconds = coalesce((SELECT sum(seconds) FROM searches_evaluation WHERE run_id = run.id), 0),
    cost_done = coalesce((SELECT sum(predicted_cost) FROM searches_evaluation
        WHERE run_id = run.id AND state = 'told' AND reuse_of IS NULL), 0)
FROM (SELECT 1) AS one LEFT JOIN LATERAL (
    SELECT number, fitness FROM searches_genome WHERE run_id = %(new)s AND fitness IS NOT NULL
    ORDER BY fitness DESC, number LIMIT 1) AS best ON true
WHERE run.id = %(new)s
"""

_STATEMENTS = (
    _COPY_GENOMES,
    _COPY_PARENTAGE,
    _COPY_TOLD,
    _COPY_UNTOLD,
    _COPY_SCORES,
    _COPY_ARTIFACTS,
    _SUM_UP,
)


@transaction.atomic
def fork(
    *,
    run_id: int,
    snapshot_id: int,
    actor: User,
    name: str = "",
    values: Mapping[str, Any] | None = None,
    budget_evaluations: int | None = None,
) -> SearchRun:
    """A queued run from a snapshot, its parameters changed by ``values``.

    Raises ``PermissionDenied``, and ``InvalidParams`` for a foreign or stale snapshot and for values that
    are wrong.
    """
    run = one_of(SearchRun.objects.select_related("team", "dataset"), actor, run_id, Role.RESEARCHER)
    snapshot = Snapshot.objects.filter(pk=snapshot_id, run=run).first()
    if snapshot is None:
        raise InvalidParams({"snapshot": "choose one of this run's snapshots"})
    if snapshot.stale:
        raise InvalidParams({"snapshot": f"this snapshot cannot be forked from any more: {snapshot.stale}"})
    plan = driver.Plan.from_json(loads(run.plan))
    params = catalogue.method(run.method).params.parse({**plan.params, **(values or {})})
    budget = plan.budget
    if budget_evaluations is not None:
        budget = replace(budget, evaluations=budget_evaluations)
    forked = SearchRun.objects.create(
        team=run.team,
        name=(name or f"{run.name}, from {snapshot.name}")[:160],
        method=run.method,
        preset=run.preset,
        dataset=run.dataset,
        seed=run.seed,
        window=run.window,
        budget_evaluations=budget.evaluations,
        budget_seconds=budget.seconds,
        forked_from=snapshot,
        created_by=actor,
        births=snapshot.births,
    )
    told = int(loads(snapshot.state)["told"])
    queue_run(forked, replace(plan, params=params.to_json(), budget=budget), state=snapshot.state)
    RunState.objects.filter(run=forked).update(told=told, keep=snapshot.artifacts)
    kept = loads(snapshot.artifacts)
    _copy(
        {
            "new": forked.pk,
            "old": run.pk,
            "told": told,
            "births": snapshot.births,
            "jobs": snapshot.jobs,
            "kept": kept,
        }
    )
    detail = {"run": run.pk, "snapshot": snapshot.pk, "values": dict(values or {})}
    record(team_id=run.team_id, actor=actor, action="fork", kind="run", object_id=forked.pk, detail=detail)
    forked.refresh_from_db()
    return forked


def _copy(numbers: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(statement, numbers)
