"""The engine's values as rows not yet saved."""

from __future__ import annotations

from searchengine.core.jobs import Birth, Job, Result
from searchengine.core.jobs import Score as EngineScore
from searchengine.core.jsontext import Json, dumps
from searchengine.core.method import Outcome
from searchengine.driver import Telling
from webapp.searches.models import Evaluation, Genome, Score, SearchRun
from webapp.searches.states import EvaluationState


def genome_row(run: SearchRun, birth: Birth) -> Genome:
    value = birth.to_json()
    return Genome(
        run=run,
        number=birth.number,
        key=birth.key,
        genome=dumps(value["genome"]),
        parent_numbers=dumps(value["parents"]),
        operator=birth.operator[:40],
        changes=dumps(value["changes"]),
        cycle=birth.cycle,
    )


def evaluation_row(run: SearchRun, job: Job, keys: dict[int, str]) -> Evaluation:
    return Evaluation(
        run=run,
        number=job.number,
        kind=job.kind,
        evaluator=job.evaluator,
        phase=job.phase,
        subjects=list(job.subjects),
        genome_key=keys[job.subjects[0]] if len(job.subjects) == 1 else "",
        inputs=sorted(set(job.inputs.values())),
        fidelity=dumps(job.fidelity.to_json()),
        seed=job.seed,
        protocol=job.protocol,
        reuse_of=job.reuse_of,
        predicted_cost=job.cost,
        job=dumps(job.to_json()),
        state=EvaluationState.WAITING if job.reuse_of is None else EvaluationState.FINISHED,
    )


def score_row(evaluation: int, genome: int, score: EngineScore) -> Score:
    failure = score.failure
    return Score(
        evaluation_id=evaluation,
        genome_id=genome,
        metrics=dumps(score.metrics),
        fitness=score.fitness,
        failure_class=failure.kind if failure else "",
        failure_code=failure.code[:40] if failure else "",
        failure_reason=failure.reason if failure else "",
    )


def score_columns(score: EngineScore) -> list[object]:
    """score, fitness, parameters, flops, failure code."""
    counts = [int(score.metrics[name]) if name in score.metrics else None for name in ("parameters", "flops")]
    return [dumps(score.to_json()), score.fitness, *counts, score.failure.code[:40] if score.failure else ""]


def repeated_result(telling: Telling) -> Json:
    """The result of a job answered from history, as if it had been run."""
    report = telling.report
    return Result(report.job, dict(report.scores), report.findings, dict(report.artifacts)).to_json()


def outcome_json(outcome: Outcome) -> Json:
    """What a search found, as a run's row and the API show it."""
    return {
        "kind": outcome.kind,
        "members": [member._asdict() for member in outcome.members],
        "metrics": outcome.metrics,
    }
