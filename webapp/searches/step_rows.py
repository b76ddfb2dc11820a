"""Writing one step of a search into rows: all of it or nothing, in a handful of statements however much it
holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from searchengine.core.jsontext import Json, dumps, loads
from searchengine.driver import Step
from webapp.searches.clock import active_now
from webapp.searches.engine_rows import (
    evaluation_row,
    genome_row,
    outcome_json,
    repeated_result,
    score_columns,
    score_row,
)
from webapp.searches.events import append_events
from webapp.searches.models import Artifact, Evaluation, Genome, Parentage, Score, SearchRun, Snapshot
from webapp.searches.states import EvaluationState, State

SNAPSHOTS_WITH_ARTIFACTS = 3
"""The newest snapshots whose artifacts are kept, so that they can be forked from without retraining."""


class Told(Protocol):
    """What the writer needs of a result that was handed to the step."""

    @property
    def pk(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def seconds(self) -> float: ...


class StepWriter:
    """Writes ``step`` into the rows of ``run``, which the caller has locked with its ``engine``."""

    def __init__(self, run: SearchRun, step: Step, ready: Sequence[Told]) -> None:
        self.run = run
        self.step = step
        self.ready = {found.number: found for found in ready}
        self.starts = False
        self.genomes: dict[int, int] = {}  # birth number → row
        self.evaluations: dict[int, int] = {found.number: found.pk for found in ready}

    def write(self) -> int:
        """Write everything; returns how many new jobs there are for workers to run."""
        self._write_births()
        self._write_jobs()
        self._write_told()
        self._write_deaths()
        self._write_snapshots()
        self._write_artifacts()
        self._write_state()
        self._move_run()
        self._write_events()
        self._write_run()
        return sum(job.reuse_of is None for job in self.step.jobs)

    def _write_births(self) -> None:
        births = self.step.births
        if not births:
            return
        rows = Genome.objects.bulk_create([genome_row(self.run, birth) for birth in births])
        self.genomes.update({row.number: row.pk for row in rows})
        parents = {parent for birth in births for parent in birth.parents}
        self._find_genomes(parents)
        links = [
            Parentage(child_id=self.genomes[birth.number], parent_id=self.genomes[parent], position=position)
            for birth in births
            for position, parent in enumerate(birth.parents)
        ]
        if links:
            Parentage.objects.bulk_create(links)

    def _find_genomes(self, numbers: set[int]) -> None:
        missing = [number for number in numbers if number not in self.genomes]
        if missing:
            rows = Genome.objects.filter(run=self.run, number__in=missing)
            self.genomes.update(rows.values_list("number", "pk"))

    def _write_jobs(self) -> None:
        jobs = self.step.jobs
        if not jobs:
            return
        keys = {birth.number: birth.key for birth in self.step.births}
        missing = {job.subjects[0] for job in jobs if len(job.subjects) == 1} - keys.keys()
        if missing:
            rows = Genome.objects.filter(run=self.run, number__in=missing)
            keys.update(rows.values_list("number", "key"))
        created = Evaluation.objects.bulk_create([evaluation_row(self.run, job, keys) for job in jobs])
        self.evaluations.update({row.number: row.pk for row in created})

    def _write_told(self) -> None:
        told = self.step.told
        if not told:
            return
        self._find_evaluations({telling.job for telling in told})
        self._find_genomes({subject for telling in told for subject in telling.report.subjects})
        ids = [self.evaluations[telling.job] for telling in told]
        Evaluation.objects.filter(pk__in=ids).update(
            state=EvaluationState.TOLD, told=Now(), found=None, found_step=None
        )
        for telling in told:
            if telling.report.reuse_of is not None:
                Evaluation.objects.filter(pk=self.evaluations[telling.job]).update(
                    result=dumps(repeated_result(telling)), finished=Now()
                )
        Score.objects.bulk_create(
            [
                score_row(
                    self.evaluations[telling.job], self.genomes[subject], telling.report.scores[subject]
                )
                for telling in told
                for subject in telling.report.subjects
            ]
        )
        self._write_first_scores()
        self._write_entered()

    def _write_entered(self) -> None:
        entered = [(number, telling.job) for telling in self.step.told for number in telling.entered]
        if entered:
            self._find_genomes({number for number, _ in entered})
            with connection.cursor() as cursor:
                cursor.execute(
                    ENTER, [[self.genomes[number] for number, _ in entered], [job for _, job in entered]]
                )

    def _find_evaluations(self, numbers: set[int]) -> None:
        missing = [number for number in numbers if number not in self.evaluations]
        if missing:
            rows = Evaluation.objects.filter(run=self.run, number__in=missing)
            self.evaluations.update(rows.values_list("number", "pk"))

    def _write_first_scores(self) -> None:
        """Columns of a genome that come from its first told score in the search phase."""
        columns: dict[int, list[object]] = {}
        for telling in self.step.told:
            if telling.report.phase != "search":
                continue
            for subject, score in telling.report.scores.items():
                columns.setdefault(self.genomes[subject], [telling.job, *score_columns(score)])
        if columns:
            values = [list(column) for column in zip(*columns.values(), strict=True)]
            with connection.cursor() as cursor:
                cursor.execute(FIRST_SCORES, [list(columns), *values])

    def _write_deaths(self) -> None:
        deaths = [
            (death.number, death.reason, telling.job)
            for telling in self.step.told
            for death in telling.deaths
        ]
        if not deaths:
            return
        self._find_genomes({number for number, _, _ in deaths})
        ids = [self.genomes[number] for number, _, _ in deaths]
        with connection.cursor() as cursor:
            cursor.execute(DEATHS, [ids, [reason for _, reason, _ in deaths], [job for _, _, job in deaths]])

    def _write_artifacts(self) -> None:
        made = {
            sha: (name, self.evaluations[telling.job])
            for telling in self.step.told
            for name, sha in telling.report.artifacts.items()
        }
        kept = dumps(sorted(self.step.keep))
        same = kept == self.run.engine.keep and not self.step.milestones
        if same and not made:
            return
        self.run.engine.keep = kept
        needed = self.step.keep | self._snapshot_artifacts()
        if made:
            rows = [self._artifact(sha, *what, needed=sha in needed) for sha, what in made.items()]
            Artifact.objects.bulk_create(rows, ignore_conflicts=True)
        if same:
            return  # what was there before is needed, or not, as it was
        known = Artifact.objects.filter(run=self.run)
        known.filter(needed=True).exclude(sha256__in=needed).update(needed=False, unneeded_since=Now())
        known.filter(needed=False, sha256__in=needed).update(needed=True, unneeded_since=None)

    def _artifact(self, sha256: str, name: str, evaluation: int, *, needed: bool) -> Artifact:
        return Artifact(
            run=self.run,
            sha256=sha256,
            name=name,
            evaluation_id=evaluation,
            needed=needed,
            unneeded_since=None if needed else Now(),
        )

    def _snapshot_artifacts(self) -> set[str]:
        newest = Snapshot.objects.filter(run=self.run).order_by("-pk").values_list("artifacts", flat=True)
        return {sha for text in newest[:SNAPSHOTS_WITH_ARTIFACTS] for sha in loads(text)}

    def _write_snapshots(self) -> None:
        if self.step.milestones:
            Snapshot.objects.bulk_create(
                [
                    self._snapshot(name, state, place)
                    for place, (name, state) in enumerate(self.step.milestones)
                ]
            )

    def _snapshot(self, name: str, state: str, place: int) -> Snapshot:
        """What was asked and told at the milestone itself stands in its state; this step went on after it."""
        stood = loads(state)
        return Snapshot(
            run=self.run,
            name=name[:120],
            seq=self.run.last_seq + place,
            births=stood["births"],
            jobs=stood["told"] + len(stood["untold"]),
            state=state,
            artifacts=dumps(sorted({*stood["keep"], *self.step.keep})),
        )

    def _write_state(self) -> None:
        engine = self.run.engine
        engine.state = self.step.state
        engine.version += 1
        engine.told = self.step.told[-1].job + 1 if self.step.told else engine.told
        engine.closed = engine.closed or self.run.closing
        engine.save(update_fields=["state", "version", "told", "closed", "keep"])

    def _move_run(self) -> None:
        """The state the run is in after this step, and why."""
        run = self.run
        self.starts = run.state == State.QUEUED
        if self.starts:
            run.state = State.RUNNING
        if self.step.finished:
            run.state = State.FINISHED if self.step.outcome is not None else State.FAILED
            run.error = "" if self.step.outcome is not None else NOTHING_FOUND

    def _write_events(self) -> None:
        events: list[tuple[str, Json]] = [
            (event.kind, self._payload(event.kind, event.payload)) for event in self.step.events
        ]
        if self.step.finished:
            events.append(("state", {"state": self.run.state, "reason": self.run.error}))
        append_events(self.run, events)

    def _write_run(self) -> None:
        run, progress = self.run, self.step.progress
        fields: dict[str, object] = {
            "progress": dumps(progress),
            "births": progress["births"],
            "evaluations_done": progress["evaluations"],
            "failures": progress["failed"],
            "cost_done": F("cost_done") + sum(telling.cost for telling in self.step.told),
            "worked_seconds": F("worked_seconds") + sum(found.seconds for found in self._told_now()),
            "stepped": Now(),
            "last_seq": run.last_seq,
            "state": run.state,
        }
        if run.evaluations_planned is not None:  # an expectation: a control goes on until its cost is spent
            fields["evaluations_planned"] = max(run.evaluations_planned, progress["evaluations"])
        fields.update(self._best())
        if self.step.outcome is not None:
            fields["outcome"] = dumps(outcome_json(self.step.outcome))
        if self.starts:
            fields.update(started=Now(), active_since=Now())
        if self.step.finished:
            fields.update(error=run.error, finished=Now(), active_since=None, active_seconds=active_now())
        SearchRun.objects.filter(pk=run.pk).update(**fields)

    def _told_now(self) -> list[Told]:
        return [self.ready[telling.job] for telling in self.step.told if telling.job in self.ready]

    def _best(self) -> dict[str, object]:
        best = self.run.best_fitness
        found: dict[str, object] = {}
        for telling in self.step.told:
            if telling.report.phase != "search":
                continue
            for subject, score in telling.report.scores.items():
                if score.fitness is not None and (best is None or score.fitness > best):
                    best = score.fitness
                    found = {"best_fitness": best, "best_genome": subject}
        return found

    def _payload(self, kind: str, payload: Json) -> Json:
        """The engine's payload; a told job carries its metrics too, so that a page can draw its point at
        once."""
        if kind != "told":
            return payload
        report = next(telling.report for telling in self.step.told if telling.job == payload["job"])
        metrics = {
            str(subject): score.metrics for subject, score in report.scores.items() if score.failure is None
        }
        ready = self.ready.get(payload["job"])
        return {**payload, "metrics": metrics, "seconds": ready.seconds if ready else 0.0}


NOTHING_FOUND = (
    "every evaluation failed, so there is nothing to show; see the failures, widen the limits, fork"
)

ENTER = """
UPDATE searches_genome AS g SET entered_at_job = v.job
FROM unnest(%s::bigint[], %s::int[]) AS v(id, job) WHERE g.id = v.id
"""

FIRST_SCORES = """
UPDATE searches_genome AS g
SET told_at_job = v.job, score = v.score, fitness = v.fitness, parameters = v.parameters, flops = v.flops,
    failure_code = v.failure
FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::float8[], %s::bigint[], %s::bigint[], %s::text[])
    AS v(id, job, score, fitness, parameters, flops, failure)
WHERE g.id = v.id AND g.told_at_job IS NULL
"""

DEATHS = """
UPDATE searches_genome AS g SET left_reason = v.reason, left_at_job = v.job
FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS v(id, reason, job) WHERE g.id = v.id
"""
