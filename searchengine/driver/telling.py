"""A job that was told, and the payloads of what a step reports (``searchengine.core.events``)."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.core.jobs import Birth, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Death, Refused


class Telling(NamedTuple):
    """A job that was told in this step, what the search said to it, and what it cost (0 for a reused one)."""

    job: int
    report: Report
    entered: tuple[int, ...]
    deaths: tuple[Death, ...]
    cost: float


def birth_payload(birth: Birth, job: int) -> Json:
    return {
        "birth": birth.number,
        "job": job,
        "key": birth.key,
        "parents": list(birth.parents),
        "operator": birth.operator,
        "text": "; ".join(change.text for change in birth.changes),
        "cycle": birth.cycle,
    }


def refusal_payload(refused: Refused) -> Json:
    return {"parents": list(refused.parents), "reason": refused.reason, "genome": refused.genome}


def telling_payload(telling: Telling) -> Json:
    report = telling.report
    fitness = {str(n): score.fitness for n, score in report.scores.items() if score.fitness is not None}
    failures = {
        str(n): score.failure.reason for n, score in report.scores.items() if score.failure is not None
    }
    return {
        "job": telling.job,
        "kind": report.kind,
        "phase": report.phase,
        "subjects": list(report.subjects),
        "reuse_of": report.reuse_of,
        "cost": telling.cost,
        "fitness": fitness,
        "failures": failures,
        "entered": list(telling.entered),
    }
