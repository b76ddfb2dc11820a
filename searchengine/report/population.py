"""Who is alive, since when, and who left why: the population as a strip and over time."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.report.history import RunHistory
from searchengine.report.operators import operator_name
from searchengine.report.series import Curve, thin_curve


class Member(NamedTuple):
    """A living individual: ``age`` is results told since it entered, ``fitness`` what selection sees."""

    number: int
    fitness: float | None
    age: int
    operator: str
    parents: tuple[int, ...]
    cycle: int


class Lifetime(NamedTuple):
    """A birth's stay in the population, in places of told results; ``left`` is None while it lives. ``row``
    is the strip's row: a newcomer takes the lowest row that somebody left, so the strip is as high as the
    largest population."""

    number: int
    row: int
    entered: int
    left: int | None
    reason: str
    fitness: float | None


class Strip(NamedTuple):
    """Births and deaths over time, for drawing one bar a life; ``places`` is how many results were told."""

    lives: tuple[Lifetime, ...]
    rows: int
    places: int


def alive(run: RunHistory, place: int | None = None) -> tuple[int, ...]:
    """Birth numbers of the population after result ``place`` was told (the latest by default), in order of
    entry."""
    last = run.last_place() if place is None else place
    living: dict[int, None] = {}
    left: dict[int, list[int]] = {}
    for death in run.deaths:
        left.setdefault(death.place, []).append(death.number)
    entered: dict[int, list[int]] = {}
    for entry in run.entered:
        entered.setdefault(entry.place, []).append(entry.number)
    for now in sorted(set(entered) | set(left)):
        if now > last:
            break
        for number in entered.get(now, ()):
            living.setdefault(number)
        for number in left.get(now, ()):
            living.pop(number, None)
    return tuple(living)


def members(run: RunHistory, place: int | None = None) -> tuple[Member, ...]:
    """The population after result ``place``, fittest first, of equals the older birth."""
    last = run.last_place() if place is None else place
    scores = run.first_scores()
    births = run.birth_rows()
    since = {entry.number: entry.place for entry in run.entered if entry.place <= last}
    found = []
    for number in alive(run, place):
        birth = births.get(number)
        score = scores.get(number)
        found.append(
            Member(
                number,
                score.fitness if score else None,
                last - since[number],
                operator_name(birth) if birth else "",
                birth.parents if birth else (),
                birth.cycle if birth else 0,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.fitness is None, -(one.fitness or 0.0), one.number)))


def strip(run: RunHistory) -> Strip:
    """Every stay in the population with the row it is drawn in."""
    scores = run.first_scores()
    deaths: dict[int, list[tuple[int, str]]] = {}
    for death in run.deaths:
        deaths.setdefault(death.number, []).append((death.place, death.reason))
    free: list[int] = []  # when each row was left
    lives = []
    for entry in run.entered:
        left = next((d for d in deaths.get(entry.number, ()) if d[0] >= entry.place), None)
        until = left[0] if left else None
        row = next((index for index, since in enumerate(free) if since <= entry.place), len(free))
        forever = run.last_place() + 1 if until is None else until
        if row == len(free):
            free.append(forever)
        else:
            free[row] = forever
        score = scores.get(entry.number)
        lives.append(
            Lifetime(
                entry.number,
                row,
                entry.place,
                until,
                left[1] if left else "",
                score.fitness if score else None,
            )
        )
    return Strip(tuple(lives), len(free), run.last_place() + 1)


def population_size(run: RunHistory) -> Curve:
    """How many live after each told result."""
    change: dict[int, int] = {}
    for entry in run.entered:
        change[entry.place] = change.get(entry.place, 0) + 1
    for death in run.deaths:
        change[death.place] = change.get(death.place, 0) - 1
    xs, ys, size = [], [], 0
    for place in sorted(change):
        size += change[place]
        xs.append(float(place + 1))
        ys.append(size)
    return thin_curve(Curve("population", tuple(xs), tuple(ys)))


def deaths_by_reason(run: RunHistory) -> dict[str, int]:
    """How many left for each reason."""
    counts: dict[str, int] = {}
    for death in run.deaths:
        counts[death.reason] = counts.get(death.reason, 0) + 1
    return dict(sorted(counts.items()))
