"""Births with what the search found of them, as a method's picture reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q

from searchengine.core.errors import EngineError
from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json, loads
from searchengine.report.picture import Portrayed
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.pages.networks import architecture, params_of
from webapp.searches.states import EvaluationState

UNTOLD = (EvaluationState.WAITING, EvaluationState.LEASED, EvaluationState.FINISHED)


class Said(NamedTuple):
    """What an evaluation found, and its curve."""

    findings: Json
    curve: tuple[Json, ...]


def portraits(run: SearchRun, births: Sequence[Genome]) -> dict[int, Portrayed]:
    """Every one of ``births`` by its number: findings and curve of its first told evaluation of the search,
    or of the one that will be, whose findings are not there yet. What only later ones of the search found,
    such as a training after a measurement, is added. One query."""
    first = {birth.number: birth.told_at_job for birth in births if birth.told_at_job is not None}
    untold = {birth.number for birth in births if birth.told_at_job is None}
    wanted = Q(number__in=first.values())
    if first:
        wanted |= Q(state=EvaluationState.TOLD, phase="search", subjects__overlap=[*first])
    if untold:
        wanted |= Q(state__in=UNTOLD, phase="search", subjects__overlap=[*untold])
    rows = Evaluation.objects.filter(wanted, run=run).order_by("number")
    said: dict[int, Said] = {}
    later: dict[int, Json] = {}
    coming: dict[int, Said] = {}
    for number, subjects, curve, result in rows.values_list("number", "subjects", "curve", "result"):
        for subject in first.keys() & set(subjects):
            findings = loads(result)["findings"]
            if first[subject] == number:
                said[subject] = Said(findings, tuple(loads(curve)))
            else:
                later[subject] = {**findings, **later.get(subject, {})}
        for subject in untold.intersection(subjects):
            coming.setdefault(subject, Said({}, tuple(loads(curve))))
    nothing = Said({}, ())
    found: dict[int, Portrayed] = {}
    for birth in births:
        one = (coming if birth.told_at_job is None else said).get(birth.number, nothing)
        findings = {**later.get(birth.number, {}), **one.findings}
        found[birth.number] = _portrayed(run, birth, one._replace(findings=findings))
    return found


def portrait_of(run: SearchRun, birth: Genome, evaluation: Evaluation) -> Portrayed:
    """A birth by one of its evaluations, which has a result."""
    said = Said(loads(evaluation.result)["findings"], tuple(loads(evaluation.curve)))
    return _portrayed(run, birth, said)


def _portrayed(run: SearchRun, birth: Genome, said: Said) -> Portrayed:
    changes = tuple(Change(**change) for change in birth.changes_json)
    try:
        network = architecture(run, birth)
    except (EngineError, ValueError):
        network = None  # the picture shows what it can without
    return Portrayed(
        birth.number, birth.genome_json, changes, said.findings, said.curve, network, _params(run)
    )


def _params(run: SearchRun) -> Json:
    try:
        return params_of(run)
    except EngineError:
        return {}
