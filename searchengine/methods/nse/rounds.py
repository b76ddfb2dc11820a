"""A run's history, round by round: the space that was trained, what was scored with it, what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from searchengine.core.jsontext import Json
from searchengine.methods.nse.gates import probability
from searchengine.methods.nse.genome import PathGenome, SpaceGenome, is_space, parse
from searchengine.methods.nse.subset import Cells, Space
from searchengine.report.history import BirthRow, RunHistory, ScoreRow


class RoundRows(NamedTuple):
    """``genome``: the space as the round began; ``gates``: of every cell (op, probability) of what training
    left active, or while it trains has left so far (``at``: step and steps to do, None once it ended), empty
    before it says; ``scored`` in the order told, old members of the front scored again included; ``front``:
    births of the front it ended with; ``kept``: the ops locked by it (both empty before its end); ``short``:
    in words where fewer paths were found than wanted."""

    number: int
    record: int
    genome: SpaceGenome
    gates: tuple[tuple[tuple[int, float], ...], ...] = ()
    scored: tuple[ScoreRow, ...] = ()
    front: tuple[tuple[int, float, float], ...] = ()
    kept: Cells = ()
    short: tuple[str, ...] = ()
    at: tuple[int, int] | None = None

    @property
    def space(self) -> Space:
        return self.genome.space

    @property
    def ended(self) -> bool:
        return bool(self.front)


def rounds(run: RunHistory) -> tuple[RoundRows, ...]:
    """In order, the one under way last. Births without a genome are left out."""
    records = [
        (row, genome)
        for row in run.births
        if row.genome is not None and is_space(row.genome)
        if isinstance(genome := parse(row.genome), SpaceGenome)
    ]
    scores = run.search_scores()
    places = {row.birth: row.place for row in scores}
    ended = {int(one["record"]): one for one in run.progress.get("history", ())}
    now = run.progress.get("gates") or []
    training = {birth: row for row in run.so_far if row.kind == "train_supernet" for birth in row.births}
    found = []
    for index, (row, genome) in enumerate(records):
        following = records[index + 1] if index + 1 < len(records) else None
        last = places.get(following[0].number) if following is not None else None
        first = places.get(row.number)
        told = ended.get(row.number, {})
        gates = told.get("gates") or (now if following is None else [])
        live = training.get(row.number) if not gates else None
        if live is not None:
            gates = gates_of(live.findings)
        kept = following[1].space.locked if following else run.progress.get("locked") or ()
        found.append(
            RoundRows(
                genome.space.round,
                row.number,
                genome,
                tuple(tuple((int(op), float(value)) for op, value in cell) for cell in gates),
                _between(scores, first, last),
                tuple(
                    (int(birth), float(cost), float(value)) for birth, cost, value in told.get("front", ())
                ),
                tuple(tuple(int(op) for op in ops) for ops in kept) if told.get("front") else (),
                tuple(told.get("short") or (run.progress.get("short", ()) if following is None else ())),
                at=(live.step, live.of) if live is not None else None,
            )
        )
    return tuple(found)


def gates_of(findings: Json) -> list[list[tuple[int, float]]]:
    """Of every cell (op, probability of its gate) from the findings of a round's training, those so far or
    those of its end."""
    return [
        [(int(op), round(probability(float(alpha)), 4)) for op, alpha in zip(ops, row, strict=True)]
        for ops, row in zip(findings.get("active", ()), findings.get("alphas", ()), strict=True)
    ]


def costs(run: RunHistory) -> dict[int, float]:
    """What every path costs, in the unit of the search's resource."""
    return {
        row.number: float(change.arguments["cost"])
        for row in run.births
        for change in row.changes
        if "cost" in change.arguments
    }


def guards(run: RunHistory) -> set[int]:
    """The births drawn below the band."""
    return {row.number for row in run.births if row.operator == "guard"}


def path_of(row: BirthRow) -> Cells:
    """The ops of a path; empty for a space."""
    genome = None if row.genome is None else parse(row.genome)
    return genome.path if isinstance(genome, PathGenome) else ()


def _between(scores: Sequence[ScoreRow], first: int | None, last: int | None) -> tuple[ScoreRow, ...]:
    if first is None:
        return ()
    return tuple(row for row in scores if row.place > first and (last is None or row.place < last))
