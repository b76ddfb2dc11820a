"""A run's history from the files that the command line writes: ``lineage.jsonl``, ``events.jsonl``,
``plan.json``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from searchengine.core.errors import DataRefused
from searchengine.core.jobs import Birth, Score
from searchengine.core.jsontext import Json, loads
from searchengine.report.history import (
    BirthRow,
    DeathRow,
    EntryRow,
    EventRow,
    RefusedRow,
    RunHistory,
    ScoreRow,
    birth_row,
    history,
    score_row,
)


def read_run(folder: Path) -> RunHistory:
    """The history of a run's folder. Raises ``DataRefused`` when it holds no ``lineage.jsonl`` or a broken
    line."""
    lineage = folder / "lineage.jsonl"
    if not lineage.is_file():
        raise DataRefused(f"{folder} holds no lineage.jsonl; name the folder that a run was written to")
    plan = folder / "plan.json"
    launch = loads(plan.read_text(encoding="utf-8")) if plan.is_file() else {}
    events, state = folder / "events.jsonl", folder / "state.json"
    progress = loads(state.read_text(encoding="utf-8")).get("progress", {}) if state.is_file() else {}
    read = from_records(
        _lines(lineage),
        events=_lines(events) if events.is_file() else (),
        plan=launch.get("plan", launch),
        name=folder.name,
    )
    return read._replace(progress=progress)


def from_records(
    records: Iterable[Json], *, events: Iterable[Json] = (), plan: Json | None = None, name: str = ""
) -> RunHistory:
    """The history of lineage records (one a birth) and event lines. Raises ``DataRefused`` for a broken
    record."""
    births: list[BirthRow] = []
    scores: list[ScoreRow] = []
    entered: list[EntryRow] = []
    deaths: list[DeathRow] = []
    for record in records:
        try:
            birth = Birth.from_json({field: record[field] for field in Birth.__dataclass_fields__})
            births.append(birth_row(birth, parameters=record["parameters"], flops=record["flops"]))
            scores += [_score(birth.number, evaluation) for evaluation in record["evaluations"]]
            if record["entered"] is not None:
                entered.append(EntryRow(birth.number, record["entered"]))
            if record["left"] is not None:
                deaths.append(DeathRow(birth.number, record["left"]["job"], record["left"]["reason"]))
        except (KeyError, TypeError) as error:
            raise DataRefused(
                f"a lineage record lacks {error}; expected one birth a line as a run writes it,"
                f" got {str(record)[:80]}"
            ) from None
    numbered, refused, told = [], [], 0
    for row in events:
        told += row["kind"] == "told"
        if row["kind"] == "refused":
            refused.append(RefusedRow(tuple(row["payload"]["parents"]), row["payload"]["reason"], told))
        if "seq" in row:
            numbered.append(EventRow(row["seq"], row["kind"], row["payload"], row.get("at")))
    return history(
        births=births, scores=scores, entered=entered, deaths=deaths, refused=refused, events=numbered,
        plan=plan, name=name,
    )  # fmt: skip


def _score(birth: int, evaluation: Json) -> ScoreRow:
    return score_row(
        birth,
        evaluation["job"],  # results are told in job order: the number is the place
        evaluation["job"],
        Score.from_json(evaluation),
        phase=evaluation["phase"],
        reuse_of=evaluation["reuse_of"],
        cost=evaluation["cost"],
    )


def _lines(path: Path) -> Iterable[Json]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith("\n"):
                return  # torn by a kill: the run writes it again
            try:
                yield loads(line)
            except ValueError as error:
                raise DataRefused(f"{path.name} line {number} is not JSON: {error}") from None
