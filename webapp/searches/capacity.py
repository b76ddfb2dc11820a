"""How many slots of living workers are free, by rows and the database's clock."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from webapp.searches import bells

FREE = """
SELECT (SELECT coalesce(sum(slots), 0) FROM searches_worker
        WHERE stopped IS NULL AND gone IS NULL AND last_seen > clock_timestamp() - %s * interval '1 second')
     - (SELECT count(DISTINCT lease_owner) FROM searches_evaluation WHERE state = 'leased')
"""


def free_slots() -> int:
    """Slots of living workers that hold no lease. One query."""
    with connection.cursor() as cursor:
        cursor.execute(FREE, [settings.LEASE_SECONDS])
        return max(0, int(cursor.fetchone()[0]))


def ring_free_slots(wanted: int) -> None:
    """After this transaction's commit, wake as many free slots as there is new work.

    A busy slot looks again by itself when it is done, so it needs no bell. Whether a slot is free is asked
    after the commit: one that gave up its last lease before saw no new work, one that does so later will.
    """
    if wanted > 0:
        transaction.on_commit(lambda: bells.ring_work(min(wanted, free_slots())))
