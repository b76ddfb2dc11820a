"""Who worked on what, and when: one lane a worker slot."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.report.history import RunHistory, WorkRow


class Bar(NamedTuple):
    """A stretch of work in seconds since the run started; ``open`` while it still runs."""

    job: int
    births: tuple[int, ...]
    started: float
    ended: float
    state: str
    attempt: int
    open: bool
    text: str


class Lane(NamedTuple):
    """A worker slot with its bars by start, and the share of the shown time it was busy (0 to 1)."""

    name: str
    bars: tuple[Bar, ...]
    busy: float


class Lanes(NamedTuple):
    """All lanes by name over one common span of seconds."""

    lanes: tuple[Lane, ...]
    start: float
    end: float


def lanes(run: RunHistory, now: float, window: float | None = None) -> Lanes:
    """Work until ``now`` (seconds since the run started); ``window`` keeps the last so many seconds alone.

    Bars never end before they start, whatever a worker's clock said.
    """
    start = 0.0 if window is None else max(0.0, now - window)
    by_lane: dict[str, list[Bar]] = {}
    for row in run.work:
        bar = _bar(row, now)
        if bar.ended >= start and bar.started <= now:
            by_lane.setdefault(row.lane, []).append(bar)
    span = max(now - start, 1e-9)
    found = []
    for name in sorted(by_lane):
        bars = sorted(by_lane[name], key=lambda bar: (bar.started, bar.job, bar.attempt))
        found.append(Lane(name, tuple(bars), min(1.0, _covered(bars, start, now) / span)))
    return Lanes(tuple(found), start, now)


def _bar(row: WorkRow, now: float) -> Bar:
    ended = now if row.ended is None else row.ended
    return Bar(
        row.job,
        row.births,
        row.started,
        max(ended, row.started),
        row.state,
        row.attempt,
        row.ended is None,
        row.text,
    )


def _covered(bars: list[Bar], start: float, end: float) -> float:
    """Length of the union of bars within [start, end]; bars come by start."""
    covered, reached = 0.0, start
    for bar in bars:
        first, last = max(bar.started, reached), min(bar.ended, end)
        if last > first:
            covered += last - first
            reached = last
    return covered
