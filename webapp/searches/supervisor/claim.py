"""Taking the next evaluations: one UPDATE over rows that nobody else holds, by the database's clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json, loads
from webapp.searches.supervisor.presence import Presence

SMALL_SECONDS = 0.5
"""Evaluations of a run that take less than this on average are taken several at once."""

GROUP_SECONDS = 1.0
"""What a group of small ones is to take together."""

LARGEST_GROUP = 32

_FIELDS = """
    e.id, e.run_id, e.number, e.job, e.attempt, e.alone, e.predicted_cost, e.checkpoint_step, e.curve,
    r.state, r.worked_seconds, r.cost_done, r.evaluations_done, d.fingerprint, d.summary"""

_TAKE = f"""
UPDATE searches_evaluation AS e
SET state = 'leased', lease_owner = %(owner)s,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    worker_id = %(worker)s, slot = %(slot)s, started = NULL
FROM chosen, searches_searchrun AS r, datasets_dataset AS d
WHERE e.id = chosen.id AND r.id = e.run_id AND d.id = r.dataset_id
RETURNING {_FIELDS}
"""

# Greatest priority first, then the team and the run with the fewest evaluations in work, then what reads an
# artifact (a supernet's weights) that this slot's training process has loaded, then the oldest job.
_FIRST = f"""
WITH busy AS (
    SELECT r.team_id, e.run_id, count(*) AS held
    FROM searches_evaluation AS e JOIN searches_searchrun AS r ON r.id = e.run_id
    WHERE e.state = 'leased' GROUP BY r.team_id, e.run_id
), team AS (SELECT team_id, sum(held) AS held FROM busy GROUP BY team_id),
chosen AS (
    SELECT e.id
    FROM searches_evaluation AS e JOIN searches_searchrun AS r ON r.id = e.run_id
    LEFT JOIN busy ON busy.run_id = e.run_id LEFT JOIN team ON team.team_id = r.team_id
    WHERE e.state = 'waiting' AND r.state IN ('running', 'stopping')
    ORDER BY r.priority DESC, e.priority DESC, coalesce(team.held, 0), coalesce(busy.held, 0),
        e.inputs && %(loaded)s::varchar[] DESC, e.run_id, e.number
    LIMIT 1 FOR UPDATE OF e SKIP LOCKED
)
{_TAKE}
"""

_MORE = f"""
WITH chosen AS (
    SELECT e.id
    FROM searches_evaluation AS e JOIN searches_searchrun AS r ON r.id = e.run_id
    WHERE e.state = 'waiting' AND e.run_id = %(run)s AND NOT e.alone
        AND r.state IN ('running', 'stopping')
    ORDER BY e.inputs && %(loaded)s::varchar[] DESC, e.number
    LIMIT least(%(most)s, ceil(
        (SELECT count(*) FROM searches_evaluation WHERE state = 'waiting' AND run_id = %(run)s)
        / (SELECT greatest(1, sum(slots)) FROM searches_worker WHERE stopped IS NULL AND gone IS NULL)::float
    ))
    FOR UPDATE OF e SKIP LOCKED
)
{_TAKE}
"""


@dataclass
class Claimed:
    """An evaluation this slot holds the lease of. ``token`` is set when it starts; ``alone`` ones share no
    group."""

    pk: int
    run_id: int
    number: int
    job: Job
    attempt: int
    alone: bool
    cost: float
    checkpoint_step: int | None
    curve: list[Json]
    run_state: str
    seconds_per_cost: float | None
    fingerprint: str
    summary: Json
    token: int = 0


def claim(
    presence: Presence, slot: int, pace: Mapping[int, float] | None = None, loaded: Collection[str] = ()
) -> list[Claimed]:
    """The next evaluation, or several small ones of one run; none when there is nothing to do.

    ``pace`` is how long an evaluation of a run took lately, in seconds, by run; an unknown one counts as
    long. A group takes no more than its share of what waits, so that other slots find work too. ``loaded``
    are the artifacts (sha256) that the slot's training process read lately: of jobs that are alike to
    everybody else one that reads them comes first.
    """
    values: dict[str, Any] = {
        "owner": presence.owner,
        "lease": settings.LEASE_SECONDS,
        "worker": presence.worker_id,
        "slot": slot,
        "loaded": list(loaded),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, values)
        group = [_claimed(row) for row in cursor.fetchall()]
        if not group or group[0].alone:
            return group
        mean = (pace or {}).get(group[0].run_id)
        if mean is None or mean >= SMALL_SECONDS:
            return group
        most = min(LARGEST_GROUP, int(GROUP_SECONDS / max(mean, 1e-3))) - 1
        if most > 0:
            cursor.execute(_MORE, {**values, "run": group[0].run_id, "most": most})
            group += [_claimed(row) for row in cursor.fetchall()]
    return sorted(group, key=lambda claimed: claimed.number)


def _claimed(row: tuple[Any, ...]) -> Claimed:
    (pk, run_id, number, job, attempt, alone, cost, checkpoint_step, curve) = row[:9]
    (run_state, worked_seconds, cost_done, done, fingerprint, summary) = row[9:]
    measured = done >= ENOUGH_TO_JUDGE
    return Claimed(
        pk=pk,
        run_id=run_id,
        number=number,
        job=Job.from_json(loads(job)),
        attempt=attempt,
        alone=alone,
        cost=cost,
        checkpoint_step=checkpoint_step,
        curve=loads(curve),
        run_state=run_state,
        seconds_per_cost=worked_seconds / cost_done if measured and cost_done > 0 else None,
        fingerprint=fingerprint,
        summary=loads(summary),
    )


ENOUGH_TO_JUDGE = 3
"""Told evaluations of a run after which its pace is known."""
