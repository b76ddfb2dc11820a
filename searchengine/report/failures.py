"""What failed and why, grouped by cause."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.report.history import RunHistory

REFUSED = "refused"


class FailureGroup(NamedTuple):
    """Births that failed for one cause. ``kind`` is the failure class (``bad_genome``, ``lost``, ``bug``) or
    ``refused`` for children that were never born; ``example`` is the first reason in words; ``births`` are
    the first fifty birth numbers (for refused children: their first parents)."""

    kind: str
    code: str
    failed: int
    example: str
    births: tuple[int, ...]


def failures(run: RunHistory) -> tuple[FailureGroup, ...]:
    """Failure groups, largest first. Each failed score counts once; a reused failure counts as its own."""
    groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for row in run.scores:
        if row.failure is not None:
            groups.setdefault((row.failure.kind, row.failure.code), []).append(
                (row.birth, row.failure.reason)
            )
    for refused in run.refused:
        parent = refused.parents[0] if refused.parents else -1
        groups.setdefault((REFUSED, "infeasible"), []).append((parent, refused.reason))
    found = [
        FailureGroup(
            kind, code, len(rows), rows[0][1], tuple(number for number, _ in rows if number >= 0)[:50]
        )
        for (kind, code), rows in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: (-group.failed, group.kind, group.code)))
