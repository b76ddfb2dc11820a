"""What must hold of a run that has ended, whatever happened to it on the way; and its timeless history."""

from __future__ import annotations

import json
import math
from collections import Counter
from itertools import pairwise
from typing import Any

from searchengine.jobs.store import Store
from tests.live.stack import Stack
from tests.waits import wait_until
from webapp.searches.states import ENDED, MOVES, State


def history(stack: Stack, run_id: int) -> list[tuple[Any, ...]]:
    """Everything of a run that must not depend on timing, machines or deaths."""
    return stack.rows(
        "SELECT number, genome, parent_numbers, operator, fitness, score, left_reason, left_at_job "
        "FROM searches_genome WHERE run_id = %s ORDER BY number",
        run_id,
    )


def audit(stack: Stack, run_id: int) -> None:
    """Fails, saying what is wrong, unless the ended run's rows, events and files agree with each other."""
    events = _events(stack, run_id)
    one_result_an_evaluation(stack, run_id, events)
    budget_is_what_was_told(stack, run_id)
    parents_were_there(stack, run_id, events)
    nothing_is_in_between(stack, run_id)
    files_have_rows_and_rows_files(stack, run_id)
    states_moved_as_allowed(stack, run_id, events)


def one_result_an_evaluation(stack: Stack, run_id: int, events: list[tuple[str, dict[str, Any]]]) -> None:
    """Every job told once, every subject scored once, every birth said once."""
    ((evaluations, told, subjects),) = stack.rows(
        "SELECT count(*), count(*) FILTER (WHERE state = 'told'), coalesce(sum(cardinality(subjects)), 0) "
        "FROM searches_evaluation WHERE run_id = %s",
        run_id,
    )
    assert evaluations == told, f"{evaluations - told} of {evaluations} evaluations were never told"
    ((scores,),) = stack.rows(
        "SELECT count(*) FROM searches_score s JOIN searches_evaluation e ON e.id = s.evaluation_id "
        "WHERE e.run_id = %s",
        run_id,
    )
    assert scores == subjects
    said = Counter(payload["job"] for kind, payload in events if kind == "told")
    assert sorted(said.elements()) == list(range(told)), "a result was told twice, or never"
    ((births, counted),) = stack.rows(
        "SELECT (SELECT count(*) FROM searches_genome WHERE run_id = r.id), r.births "
        "FROM searches_searchrun r WHERE id = %s",
        run_id,
    )
    assert births == counted == sum(kind == "birth" for kind, _ in events)


def budget_is_what_was_told(stack: Stack, run_id: int) -> None:
    """Evaluations, cost and seconds of the run are the sums over its results; reused ones are free."""
    ((done, cost, seconds),) = stack.rows(
        "SELECT evaluations_done, cost_done, worked_seconds FROM searches_searchrun WHERE id = %s", run_id
    )
    ((searched, paid, worked),) = stack.rows(
        "SELECT count(*) FILTER (WHERE phase = 'search' AND reuse_of IS NULL), "
        "coalesce(sum(predicted_cost) FILTER (WHERE reuse_of IS NULL), 0), "
        "coalesce(sum(seconds) FILTER (WHERE reuse_of IS NULL), 0) "
        "FROM searches_evaluation WHERE run_id = %s",
        run_id,
    )
    assert done == searched
    assert math.isclose(cost, paid, rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(seconds, worked, rel_tol=1e-9, abs_tol=1e-6)


def parents_were_there(stack: Stack, run_id: int, events: list[tuple[str, dict[str, Any]]]) -> None:
    """Every parent was born and told before its child was, and had not failed."""
    rows = stack.rows(
        "SELECT number, parent_numbers, failure_code FROM searches_genome WHERE run_id = %s ORDER BY number",
        run_id,
    )
    # A parent that is no candidate, such as a space of NSE, has no fitness and has not failed.
    failed = {number: code for number, _, code in rows}
    told: dict[int, int] = {}  # the first telling counts: finalists are told again, after all births
    for place, (kind, payload) in enumerate(events):
        for subject in payload["subjects"] if kind == "told" else ():
            told.setdefault(subject, place)
    born = {payload["birth"]: place for place, (kind, payload) in enumerate(events) if kind == "birth"}
    for number, parents, _ in rows:
        for parent in json.loads(parents):
            assert parent in failed, f"birth {number} names the parent {parent}, which was never born"
            assert not failed[parent], f"birth {number} has the parent {parent}, {failed[parent]}"
            assert told[parent] < born[number], f"birth {number} came before its parent {parent} was told"


def nothing_is_in_between(stack: Stack, run_id: int) -> None:
    """No evaluation of the run is leased, waiting or finished and untold; no lease anywhere is overdue."""
    ((state, between),) = stack.rows(
        "SELECT state, (SELECT count(*) FROM searches_evaluation WHERE run_id = r.id "
        "AND (state NOT IN ('told', 'cancelled') OR lease_owner <> '' OR lease_until IS NOT NULL)) "
        "FROM searches_searchrun r WHERE id = %s",
        run_id,
    )
    assert state in ENDED
    assert between == 0, f"{between} evaluations of the ended run are still in between"
    ((bare,),) = stack.rows(
        "SELECT count(*) FROM searches_evaluation WHERE state = 'leased' AND lease_owner = ''"
    )
    assert bare == 0, f"{bare} evaluations are leased by nobody"


def files_have_rows_and_rows_files(stack: Stack, run_id: int) -> None:
    """Every artifact the run keeps is whole in the store; its attempts' folders hold nothing."""
    store = Store(stack.store)
    kept = stack.rows(
        "SELECT sha256 FROM searches_artifact WHERE run_id = %s AND needed AND dropped IS NULL", run_id
    )
    for (sha256,) in kept:
        store.path(sha256, check=True)
    attempts = store.root / "attempts" / str(run_id)

    def clear() -> bool:  # a slot clears up after its last result was told
        return not attempts.exists() or not any(path.is_file() for path in attempts.rglob("*"))

    wait_until(clear, 15, f"the checkpoints of run {run_id} to be cleared away")


def states_moved_as_allowed(stack: Stack, run_id: int, events: list[tuple[str, dict[str, Any]]]) -> None:
    """The run's states follow the table of moves; its first step turns queued into running unsaid."""
    moves = [State(payload["state"]) for kind, payload in events if kind == "state"]
    assert moves[0] == State.QUEUED
    for before, after in pairwise(moves):
        allowed = MOVES[before] | (MOVES[State.RUNNING] if before == State.QUEUED else set())
        assert after in allowed, f"the run moved from {before} to {after}"
    assert [(moves[-1],)] == stack.rows("SELECT state FROM searches_searchrun WHERE id = %s", run_id)


def _events(stack: Stack, run_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Kind and payload in order; the numbers must run from 1 to the run's last without a gap."""
    rows = stack.rows("SELECT seq, kind, payload FROM searches_event WHERE run_id = %s ORDER BY seq", run_id)
    ((last,),) = stack.rows("SELECT last_seq FROM searches_searchrun WHERE id = %s", run_id)
    assert [seq for seq, _, _ in rows] == list(range(1, last + 1)), "the events have a gap"
    return [(kind, json.loads(payload)) for _, kind, payload in rows]
