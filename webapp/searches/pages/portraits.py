"""Births with what the search found of them, as a method's picture reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from searchengine.core.errors import EngineError
from searchengine.core.jobs import Change
from searchengine.core.jsontext import Json, loads
from searchengine.report.picture import Portrayed
from webapp.searches.models import Evaluation, Genome, Score, SearchRun
from webapp.searches.pages.found import found_rows
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
    such as a training after a measurement, is added; what one in work has found so far stands beside. Two
    queries."""
    first = {birth.number: birth.told_at_job for birth in births if birth.told_at_job is not None}
    untold = {birth.number for birth in births if birth.told_at_job is None}
    rows = _evaluations(run, births, untold)
    said: dict[int, Said] = {}
    later: dict[int, Json] = {}
    coming: dict[int, Said] = {}
    for number, subjects, curve, result in rows:
        for subject in first.keys() & set(subjects):
            findings = loads(result)["findings"]
            if first[subject] == number:
                said[subject] = Said(findings, tuple(loads(curve)))
            else:
                later[subject] = {**findings, **later.get(subject, {})}
        for subject in untold.intersection(subjects):
            coming.setdefault(subject, Said({}, tuple(loads(curve))))
    so_far = {birth: row for row in found_rows(run) if row.phase == "search" for birth in row.births}
    nothing = Said({}, ())
    found: dict[int, Portrayed] = {}
    for birth in births:
        one = (coming if birth.told_at_job is None else said).get(birth.number, nothing)
        findings = {**later.get(birth.number, {}), **one.findings}
        told = _portrayed(run, birth, one._replace(findings=findings))
        found[birth.number] = told._replace(so_far=so_far.get(birth.number))
    return found


def _evaluations(
    run: SearchRun, births: Sequence[Genome], untold: set[int]
) -> Iterable[tuple[int, list[int], str, str]]:
    """Number, subjects, curve and result of what told these births something in the search, reached through
    their scores, or of what will tell them; in order of number."""
    rows = Evaluation.objects.filter(run=run, phase="search").order_by()
    columns = ("number", "subjects", "curve", "result")
    told = Score.objects.filter(genome__in=births).values("evaluation")
    found = rows.filter(pk__in=told, state=EvaluationState.TOLD).values_list(*columns)
    if untold:
        coming = rows.filter(state__in=UNTOLD, subjects__overlap=[*untold])
        found = found.union(coming.values_list(*columns))
    return found.order_by("number")


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
