"""A run's rows as the archive its search reads: every look-up by an index, each row read once a step."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models

from searchengine.core.archive import Ranked
from searchengine.core.errors import UnknownName
from searchengine.core.jobs import Birth, Report, Result, Score
from searchengine.core.jsontext import loads
from webapp.searches.known import known
from webapp.searches.models import Evaluation, Genome, SearchRun
from webapp.searches.states import EvaluationState

BIRTH_FIELDS = ("number", "genome", "key", "parent_numbers", "operator", "changes", "cycle")


class RowsArchive:
    """History of one run as it stands in the database. Lives for one step, under the run's lock.

    What it has read it keeps, for births and told results never change.
    """

    def __init__(self, run: SearchRun, subjects: Collection[int] = ()) -> None:
        """``subjects`` are births the step will ask for: read in one query."""
        self._run_id = run.pk
        self._known = known(run)
        self._births: dict[int, Birth] = {}
        self._scores: dict[int, Score | None] = {}
        self._reports: dict[int, Report | None] = {}
        if subjects:
            self._read_ahead(subjects)

    def _read_ahead(self, subjects: Collection[int]) -> None:
        for *birth, score in self._genomes().filter(number__in=subjects).values_list(*BIRTH_FIELDS, "score"):
            found = birth_of(*birth)
            self._births[found.number] = found
            self._scores[found.number] = Score.from_json(loads(score)) if score else None

    def birth(self, number: int) -> Birth:
        found = self._births.get(number)
        if found is None:
            row = self._genomes().filter(number=number).values_list(*BIRTH_FIELDS).first()
            if row is None:
                raise UnknownName(f"no birth has the number {number} in run {self._run_id}")
            found = self._births[number] = birth_of(*row)
        return found

    def score(self, number: int) -> Score | None:
        if number not in self._scores:
            text = self._genomes().filter(number=number).values_list("score", flat=True).first()
            self._scores[number] = Score.from_json(loads(text)) if text else None
        return self._scores[number]

    def report(self, job: int) -> Report | None:
        if job not in self._reports:
            row = (
                Evaluation.objects.filter(run_id=self._run_id, number=job, state=EvaluationState.TOLD)
                .values_list("number", "kind", "phase", "subjects", "reuse_of", "result")
                .first()
            )
            self._reports[job] = report_of(*row) if row else None
        return self._reports[job]

    def by_key(self, key: str) -> int | None:
        return self._known.births.get(key)

    def evaluated(self, key: str, protocol: str) -> int | None:
        return self._known.evaluated.get((key, protocol))

    def best(self, count: int) -> list[Ranked]:
        rows = (
            self._genomes()
            .filter(fitness__isnull=False)
            .order_by(models.F("fitness").desc(nulls_last=True), "number")
            .values_list("number", "fitness", "key")
        )
        found: dict[str, Ranked] = {}
        start, size = 0, max(16, 2 * count)
        while len(found) < count:
            page = list(rows[start : start + size])
            for number, fitness, key in page:
                assert fitness is not None  # filtered above
                found.setdefault(key, Ranked(number, fitness, key))
            if len(page) < size:
                break
            start, size = start + size, 2 * size
        return list(found.values())[:count]

    def _genomes(self) -> models.QuerySet[Genome]:
        return Genome.objects.filter(run_id=self._run_id)


def birth_of(
    number: int, genome: str, key: str, parent_numbers: str, operator: str, changes: str, cycle: int
) -> Birth:
    """The engine's birth from a row's columns."""
    return Birth.from_json(
        {
            "number": number,
            "genome": loads(genome),
            "key": key,
            "parents": loads(parent_numbers),
            "operator": operator,
            "changes": loads(changes),
            "cycle": cycle,
        }
    )


def report_of(
    number: int, kind: str, phase: str, subjects: list[int], reuse_of: int | None, result: str
) -> Report:
    """What was told of a job, from a row's columns."""
    value = Result.from_json(loads(result))
    scores = {subject: value.scores[subject] for subject in subjects}
    return Report(number, kind, phase, tuple(subjects), scores, value.findings, value.artifacts, reuse_of)
