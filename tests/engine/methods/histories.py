"""A rehearsed run as reports read it."""

from collections.abc import Callable

from searchengine.core.jobs import Birth
from searchengine.driver import step
from searchengine.report.history import (
    BirthRow,
    DeathRow,
    EntryRow,
    RunHistory,
    birth_row,
    history,
    score_row,
)
from searchengine.testing.rehearsal import Rehearsal


def history_of(
    run: Rehearsal, counts: Callable[[Birth], tuple[int, int] | None] = lambda birth: None
) -> RunHistory:
    """The whole history of a rehearsal, with the search's progress at its end; ``counts`` gives parameters
    and multiply-adds of a birth where the rows are to hold them."""
    progress = step(run.plan, run.state, {}, run.archive).progress
    places = {report.job: place for place, report in enumerate(run.told)}
    scores = [
        score_row(number, places[report.job], report.job, score, phase=report.phase, reuse_of=report.reuse_of)
        for report in run.told
        for number, score in report.scores.items()
    ]
    tellings = [event.payload for event in run.events if event.kind == "told"]
    deaths = [event.payload for event in run.events if event.kind == "death"]
    return history(
        births=[_row(birth, counts(birth)) for birth in run.births],
        scores=scores,
        entered=[EntryRow(number, places[one["job"]]) for one in tellings for number in one["entered"]],
        deaths=[DeathRow(one["birth"], places[one["job"]], one["reason"]) for one in deaths],
        plan=run.plan.to_json(),
        progress=progress,
    )


def _row(birth: Birth, counted: tuple[int, int] | None) -> BirthRow:
    parameters, flops = counted or (None, None)
    return birth_row(birth, parameters=parameters, flops=flops)
