"""Holding, renewing and giving back leases; results are written only by who still holds owner and token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from searchengine.core.jobs import Failure, Result, Score
from searchengine.core.jsontext import Json, dumps
from searchengine.jobs.messages import Progress
from webapp.searches.supervisor.claim import Claimed

# Not waited for on disk: a crash of the database that undoes a start undoes its token too, so whoever made
# it finds its lease stale, and the evaluation is begun again. What an attempt had found after its checkpoint
# is found again.
_START = """
UPDATE searches_evaluation
SET attempt = attempt + 1, token = token + 1, started = clock_timestamp(), trouble = '',
    found = CASE WHEN found_step <= checkpoint_step THEN found END,
    found_step = CASE WHEN found_step <= checkpoint_step THEN found_step END
WHERE id = %s AND state = 'leased' AND lease_owner = %s
    AND set_config('synchronous_commit', 'off', true) = 'off'
RETURNING attempt, token
"""

_RENEW = """
UPDATE searches_evaluation AS e
SET lease_until = clock_timestamp() + %s * interval '1 second'
FROM searches_searchrun AS r
WHERE e.id = ANY(%s) AND e.state = 'leased' AND e.lease_owner = %s AND r.id = e.run_id
RETURNING e.id, e.token, r.state
"""

_LOOK = """
SELECT e.id, e.token, r.state FROM searches_evaluation AS e JOIN searches_searchrun AS r ON r.id = e.run_id
WHERE e.id = ANY(%s) AND e.state = 'leased' AND e.lease_owner = %s
"""

_GIVE_BACK = """
UPDATE searches_evaluation SET state = 'waiting', lease_owner = '', lease_until = NULL, started = NULL
WHERE id = ANY(%s) AND state = 'leased' AND lease_owner = %s
RETURNING id
"""

_PROGRESS = """
UPDATE searches_evaluation
SET progress_step = %s, progress_of = %s, progress = %s, curve = %s,
    found = coalesce(%s, found), found_step = coalesce(%s, found_step)
WHERE id = %s AND token = %s AND lease_owner = %s AND state = 'leased'
RETURNING id
"""

_CHECKPOINT = """
UPDATE searches_evaluation
SET checkpoint_step = %s, checkpoint_at = clock_timestamp(), checkpoint_attempt = attempt, curve = %s
WHERE id = %s AND token = %s AND lease_owner = %s AND state = 'leased'
"""

_FINISH = """
UPDATE searches_evaluation AS e
SET state = 'finished', result = v.result, curve = v.curve, seconds = v.seconds, peak_rss = v.peak,
    finished = clock_timestamp(), lease_owner = '', lease_until = NULL, alone = false
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::float8[], %s::bigint[])
    AS v(id, token, result, curve, seconds, peak)
WHERE e.id = v.id AND e.token = v.token AND e.lease_owner = %s AND e.state = 'leased'
RETURNING e.id
"""

# An attempt counts as lost only when it checkpointed nothing new.
_LOSE = """
UPDATE searches_evaluation
SET state = 'waiting', lease_owner = '', lease_until = NULL, started = NULL, trouble = %s, peak_rss = %s,
    wasted_seconds = wasted_seconds + %s, alone = true,
    lost = CASE WHEN checkpoint_attempt = attempt THEN lost ELSE lost + 1 END
WHERE id = %s AND token = %s AND lease_owner = %s AND state = 'leased'
RETURNING lost
"""


class Standing(NamedTuple):
    """What the database says of a lease: its token, and the state of its run."""

    token: int
    run_state: str


class Outcome(NamedTuple):
    """A result waiting to be written with others of its group."""

    claimed: Claimed
    result: Result
    curve: list[Json]
    peak_rss: int


def start(claimed: Claimed, owner: str) -> bool:
    """Raise attempt and token; False when the lease is no longer ours."""
    row = _first(_START, [claimed.pk, owner])
    if row is None:
        return False
    claimed.attempt, claimed.token = row
    return True


def renew(pks: Sequence[int], owner: str) -> dict[int, Standing]:
    """Renew leases; what is missing in the answer is no longer ours."""
    return _standings(_RENEW, [settings.LEASE_SECONDS, list(pks), owner])


def look(pks: Sequence[int], owner: str) -> dict[int, Standing]:
    """As ``renew`` without renewing: how pause, stop and kill are noticed within a second."""
    return _standings(_LOOK, [list(pks), owner])


def give_back(pks: Iterable[int], owner: str) -> int:
    """Give leases back unharmed: no attempt was lost. Returns how many were ours."""
    ids = list(pks)
    return len(_all(_GIVE_BACK, [ids, owner])) if ids else 0


def write_progress(
    claimed: Claimed, owner: str, newest: Progress, curve: list[Json], found: Progress | None = None
) -> bool:
    """What a reload of the page shows of a running evaluation. ``found`` told findings so far that are not in
    the row yet. False when the lease is no longer ours."""
    news = [None, None] if found is None else [dumps(found.findings), found.step]
    values = [newest.step, newest.of, dumps(newest.metrics), dumps(curve), *news]
    return _first(_PROGRESS, [*values, claimed.pk, claimed.token, owner]) is not None


def write_checkpoint(claimed: Claimed, owner: str, step: int, curve: list[Json]) -> None:
    """Work up to ``step`` survives; a loss from here on does not count against the evaluation."""
    _run(_CHECKPOINT, [step, dumps(curve), claimed.pk, claimed.token, owner])


def finish(outcomes: Sequence[Outcome], owner: str) -> set[int]:
    """Write results together; returns the evaluations that took theirs. A stale token takes nothing.

    Raises ``ValueError`` when a result holds NaN or infinity.
    """
    columns: tuple[list[Any], ...] = ([], [], [], [], [], [])
    for claimed, result, curve, peak_rss in outcomes:
        values = (
            claimed.pk,
            claimed.token,
            dumps({**result.to_json(), "curve": []}),  # the curve stands in its own column
            dumps(curve),
            result.seconds,
            peak_rss,
        )
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return {row[0] for row in _all(_FINISH, [*columns, owner])}


def lose(claimed: Claimed, owner: str, trouble: str, *, seconds: float, peak_rss: int) -> int | None:
    """The attempt is lost: the evaluation waits again, to be claimed alone. Returns its losses so far, None
    when the lease was no longer ours."""
    row = _first(_LOSE, [trouble, peak_rss, seconds, claimed.pk, claimed.token, owner])
    return row[0] if row else None


def failure_result(claimed: Claimed, failure: Failure, seconds: float) -> Result:
    """The same failure for every subject of a job."""
    scores = {subject: Score(failure=failure) for subject in claimed.job.subjects}
    return Result(job=claimed.number, scores=scores, seconds=seconds)


def _standings(sql: str, values: list[Any]) -> dict[int, Standing]:
    return {pk: Standing(token, state) for pk, token, state in _all(sql, values)}


def _first(sql: str, values: list[Any]) -> tuple[Any, ...] | None:
    rows = _all(sql, values)
    return rows[0] if rows else None


def _all(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _run(sql: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
