"""A run's history as plain rows: what was born, told, entered, left, and what the plan said.

The product builds one from database rows, the command line from ``lineage.jsonl`` and ``events.jsonl``
(:mod:`searchengine.report.lineage_file`). Everything else in this package reads only this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from searchengine.core.jobs import Birth, Change, Failure, Score
from searchengine.core.jsontext import Json


class BirthRow(NamedTuple):
    """A genome entering the history. ``genome`` is None where the caller left it out to keep the rows small;
    ``parameters`` and ``flops`` (multiply-adds of one sample) are None while nobody counted them."""

    number: int
    parents: tuple[int, ...] = ()
    operator: str = "random"
    changes: tuple[Change, ...] = ()
    cycle: int = 0
    key: str = ""
    genome: Json | None = None
    parameters: int | None = None
    flops: int | None = None


class ScoreRow(NamedTuple):
    """One told score of one birth. ``place`` counts told results from 0 in the order they were told;
    ``cost`` is the predicted, fidelity-weighted cost of the job; ``reuse_of`` is the job whose result was
    told again."""

    birth: int
    place: int
    job: int
    fitness: float | None
    metrics: Mapping[str, float] = {}
    failure: Failure | None = None
    phase: str = "search"
    reuse_of: int | None = None
    cost: float = 1.0
    seconds: float | None = None


class EntryRow(NamedTuple):
    """A birth entering the population when result ``place`` was told."""

    number: int
    place: int


class DeathRow(NamedTuple):
    """A birth leaving the population when result ``place`` was told, and why."""

    number: int
    place: int
    reason: str


class RefusedRow(NamedTuple):
    """A child that was never born, when ``place`` results had been told, and why in words."""

    parents: tuple[int, ...]
    reason: str
    place: int = 0


class EventRow(NamedTuple):
    """An event of the run as it was numbered; ``at`` is seconds since the run started, None where not
    recorded."""

    seq: int
    kind: str
    payload: Json
    at: float | None = None


class WorkRow(NamedTuple):
    """A stretch of work on one job: which worker, from when to when (seconds since the run started;
    ``ended`` is None while it runs), and its state (``running``, ``finished``, ``failed``, ``lost``,
    ``cancelled``)."""

    lane: str
    job: int
    births: tuple[int, ...]
    started: float
    ended: float | None
    state: str
    attempt: int = 1
    text: str = ""


class FoundRow(NamedTuple):
    """What a job in work has found so far, as it told at step ``step`` of ``of``; what it means is the
    evaluator's to say. No search has seen it, and another look may find other rows: with the job's end it
    gives way to its findings."""

    job: int
    kind: str
    births: tuple[int, ...]
    step: int
    of: int
    findings: Json
    phase: str = "search"


class RunHistory(NamedTuple):
    """Everything a report reads of one run. ``plan`` is the plan's JSON (method, params, seed, window,
    budget, ...); ``progress`` is the search's own progress at its last step. ``births`` stand by number,
    ``scores`` by place, ``so_far`` by job; ``name`` is what the page calls the run."""

    births: tuple[BirthRow, ...] = ()
    scores: tuple[ScoreRow, ...] = ()
    entered: tuple[EntryRow, ...] = ()
    deaths: tuple[DeathRow, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    work: tuple[WorkRow, ...] = ()
    so_far: tuple[FoundRow, ...] = ()
    plan: Json = {}
    progress: Json = {}
    name: str = ""

    def search_scores(self) -> tuple[ScoreRow, ...]:
        """The scores of the search itself, in the order told; the final phase is trained longer and left
        out."""
        return tuple(row for row in self.scores if row.phase == "search")

    def first_scores(self) -> dict[int, ScoreRow]:
        """Each birth's first told score in the search phase: what selection saw."""
        found: dict[int, ScoreRow] = {}
        for row in self.scores:
            if row.phase == "search":
                found.setdefault(row.birth, row)
        return found

    def birth_rows(self) -> dict[int, BirthRow]:
        return {row.number: row for row in self.births}

    def last_place(self) -> int:
        """The place of the latest told result, -1 before the first."""
        return max((row.place for row in self.scores), default=-1)


def history(
    *,
    births: Iterable[BirthRow] = (),
    scores: Iterable[ScoreRow] = (),
    entered: Iterable[EntryRow] = (),
    deaths: Iterable[DeathRow] = (),
    refused: Iterable[RefusedRow] = (),
    events: Iterable[EventRow] = (),
    work: Iterable[WorkRow] = (),
    so_far: Iterable[FoundRow] = (),
    plan: Json | None = None,
    progress: Json | None = None,
    name: str = "",
) -> RunHistory:
    """A history from rows in any order. Raises ``ValueError`` when a birth number stands twice."""
    ordered = tuple(sorted(births, key=lambda row: row.number))
    for before, after in pairwise(ordered):
        if before.number == after.number:
            raise ValueError(f"a birth has one row, birth {after.number} came with two; pass each once")
    return RunHistory(
        births=ordered,
        scores=tuple(sorted(scores, key=lambda row: (row.place, row.birth))),
        entered=tuple(sorted(entered, key=lambda row: (row.place, row.number))),
        deaths=tuple(sorted(deaths, key=lambda row: (row.place, row.number))),
        refused=tuple(refused),
        events=tuple(sorted(events, key=lambda row: row.seq)),
        work=tuple(sorted(work, key=lambda row: (row.lane, row.started))),
        so_far=tuple(sorted(so_far, key=lambda row: row.job)),
        plan=plan or {},
        progress=progress or {},
        name=name,
    )


def birth_row(birth: Birth, *, parameters: int | None = None, flops: int | None = None) -> BirthRow:
    """The row of an engine birth, with counts where somebody knows them."""
    return BirthRow(
        birth.number, birth.parents, birth.operator, birth.changes, birth.cycle, birth.key, birth.genome,
        parameters, flops,
    )  # fmt: skip


def score_row(
    birth: int,
    place: int,
    job: int,
    score: Score,
    *,
    phase: str = "search",
    reuse_of: int | None = None,
    cost: float = 1.0,
    seconds: float | None = None,
) -> ScoreRow:
    """The row of an engine score."""
    return ScoreRow(
        birth, place, job, score.fitness, score.metrics, score.failure, phase, reuse_of, cost, seconds
    )  # fmt: skip
