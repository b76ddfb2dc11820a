"""Where a genome comes from and what came of it."""

from __future__ import annotations

from typing import NamedTuple

from searchengine.core.jobs import Change
from searchengine.report.history import BirthRow, RunHistory, ScoreRow
from searchengine.report.operators import operator_name


class AncestryStep(NamedTuple):
    """A birth on the line of first parents; ``gain`` is its fitness minus its parent's, ``record`` is True
    where it was the best of the line until then."""

    number: int
    parents: tuple[int, ...]
    operator: str
    changes: tuple[Change, ...]
    cycle: int
    fitness: float | None
    gain: float | None
    record: bool
    genome: dict[str, object] | None


class FamilyNode(NamedTuple):
    """A birth in a family tree. ``depth`` counts steps from the middle: negative above (ancestors), positive
    below; ``more`` is how many relatives on that side were cut off."""

    number: int
    depth: int
    operator: str
    fitness: float | None
    failed: str
    more: int


class FamilyEdge(NamedTuple):
    """From parent to child, with the child's changes in words."""

    parent: int
    child: int
    text: str


class Family(NamedTuple):
    """Ancestors and descendants around one birth, nodes by (depth, number)."""

    middle: int
    nodes: tuple[FamilyNode, ...]
    edges: tuple[FamilyEdge, ...]


def ancestry(run: RunHistory, number: int) -> tuple[AncestryStep, ...]:
    """The line of first parents of a birth, the founder first, the birth itself last.

    Raises ``KeyError`` for a number that was never born.
    """
    births = run.birth_rows()
    if number not in births:
        raise KeyError(f"birth {number} is not in this history; births run from 0 to {len(births) - 1}")
    scores = run.first_scores()
    line: list[BirthRow] = []
    seen: set[int] = set()
    now: int | None = number
    while now is not None and now in births and now not in seen:
        seen.add(now)
        line.append(births[now])
        now = births[now].parents[0] if births[now].parents else None
    steps: list[AncestryStep] = []
    best: float | None = None
    for birth in reversed(line):
        fitness = _fitness(scores, birth.number)
        before = steps[-1].fitness if steps else None
        gain = fitness - before if fitness is not None and before is not None else None
        record = fitness is not None and (best is None or fitness > best)
        best = fitness if record else best
        steps.append(
            AncestryStep(
                birth.number,
                birth.parents,
                operator_name(birth),
                birth.changes,
                birth.cycle,
                fitness,
                gain,
                record,
                birth.genome,
            )
        )
    return tuple(steps)


def family(run: RunHistory, number: int, up: int = 4, down: int = 2, most: int = 200) -> Family:
    """Ancestors up to ``up`` steps and descendants up to ``down`` steps of a birth, at most ``most`` births.

    Nearer relatives are kept first, of equals the older. Raises ``KeyError`` for a number never born.
    """
    births = run.birth_rows()
    if number not in births:
        raise KeyError(f"birth {number} is not in this history; births run from 0 to {len(births) - 1}")
    children: dict[int, list[int]] = {}
    for birth in run.births:
        for parent in dict.fromkeys(birth.parents):
            children.setdefault(parent, []).append(birth.number)
    depth = {number: 0}
    above, below = [number], [number]
    for step in range(1, max(up, down) + 1):
        if step <= up:
            above = _next({p for n in above for p in births[n].parents if p in births}, depth, -step, most)
        if step <= down:
            below = _next({c for n in below for c in children.get(n, ())}, depth, step, most)
    scores = run.first_scores()
    nodes = []
    for one in sorted(depth, key=lambda n: (depth[n], n)):
        birth = births[one]
        score = scores.get(one)
        relatives = birth.parents if depth[one] < 0 else tuple(children.get(one, ()))
        if depth[one] == 0:
            relatives = (*birth.parents, *relatives)
        nodes.append(
            FamilyNode(
                one,
                depth[one],
                operator_name(birth),
                score.fitness if score else None,
                score.failure.code if score and score.failure else "",
                sum(relative not in depth for relative in relatives),
            )
        )
    edges = [
        FamilyEdge(
            parent, one, ", ".join(change.text for change in births[one].changes) or births[one].operator
        )
        for one in sorted(depth)
        for parent in dict.fromkeys(births[one].parents)
        if parent in depth
    ]
    return Family(number, tuple(nodes), tuple(edges))


def _next(candidates: set[int], depth: dict[int, int], step: int, most: int) -> list[int]:
    taken = []
    for number in sorted(candidates):
        if number not in depth and len(depth) < most:
            depth[number] = step
            taken.append(number)
    return taken


def _fitness(scores: dict[int, ScoreRow], number: int) -> float | None:
    row = scores.get(number)
    return row.fitness if row else None
