"""Small hand-made histories for the tests of this folder."""

from __future__ import annotations

from searchengine.core.jobs import Change, Failure
from searchengine.report.history import (
    BirthRow,
    DeathRow,
    EntryRow,
    RefusedRow,
    RunHistory,
    ScoreRow,
    history,
)


def change(operator: str, text: str = "") -> Change:
    return Change(operator, {}, text or operator)


def run_of(fitness: list[float | None], *, seed: int = 0, costs: list[float] | None = None) -> RunHistory:
    """A run whose i-th birth has the i-th fitness (None: failed), told in order, all entering, none
    leaving."""
    failure = Failure("bad_genome", "nan", "the loss became NaN at step 3")
    return history(
        births=[BirthRow(number, (number - 1,) if number else ()) for number in range(len(fitness))],
        scores=[
            ScoreRow(
                number, number, number, value, {} if value is None else {"fitness": value},
                failure if value is None else None, cost=(costs or [1.0] * len(fitness))[number],
            )
            for number, value in enumerate(fitness)
        ],
        entered=[EntryRow(number, number) for number, value in enumerate(fitness) if value is not None],
        plan={"seed": seed, "data": {"fingerprint": "f"}},
    )  # fmt: skip


def small_run() -> RunHistory:
    """Five births: 0 and 1 random, 2 = 0 + kernel, 3 = 2 + kernel + stem (fails), 4 = 2 + stem; 1 dies."""
    births = [
        BirthRow(0, (), "random", key="a", genome={"kinds": ["conv", "conv"], "sizes": [3, 3]}),
        BirthRow(1, (), "random", key="b", genome={"kinds": ["pool"], "sizes": [1]}),
        BirthRow(2, (0,), "mutation", (change("kernel", "kernel 3 → 7"),), 1, "c",
                 {"kinds": ["conv", "itgm"], "sizes": [3, 7]}, parameters=1000, flops=5000),
        BirthRow(3, (2,), "mutation", (change("kernel"), change("stem")), 1, "d"),
        BirthRow(4, (2,), "mutation", (change("stem", "stem 3 → 5"),), 2, "e",
                 {"kinds": ["itgm", "itgm"], "sizes": [7, 7]}, parameters=900, flops=7000),
    ]  # fmt: skip
    failure = Failure("bad_genome", "nan", "the loss became NaN at step 3")
    scores = [
        ScoreRow(0, 0, 0, 0.5, {"fitness": 0.5, "accuracy": 0.5}),
        ScoreRow(1, 1, 1, 0.25, {"fitness": 0.25, "accuracy": 0.25}),
        ScoreRow(2, 2, 2, 0.75, {"fitness": 0.75, "accuracy": 0.75}),
        ScoreRow(3, 3, 3, None, {}, failure),
        ScoreRow(4, 4, 4, 0.625, {"fitness": 0.625, "accuracy": 0.625}),
        ScoreRow(2, 5, 5, 0.9, {"fitness": 0.9}, phase="final"),
    ]
    return history(
        births=births,
        scores=scores,
        entered=[EntryRow(0, 0), EntryRow(1, 1), EntryRow(2, 2), EntryRow(4, 4)],
        deaths=[DeathRow(1, 2, "lost"), DeathRow(0, 4, "lost")],
        refused=[RefusedRow((2,), "needs 3 GB", 3)],
    )
