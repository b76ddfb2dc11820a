"""What a search of NSE remembers between two steps: one round, small whatever the round scores.

Paths are births and lie in history. Kept are the non-dominated ones among what the round scored so far (a
dominated one can never return), which births it scored, and the front of the round before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from searchengine.core.jsontext import Json
from searchengine.core.pareto import non_dominated
from searchengine.methods.nse.costs import Table
from searchengine.methods.nse.front import Scored
from searchengine.methods.nse.subset import Cells


@dataclass(frozen=True)
class Entry:
    """A scored path in the running of a round: birth, cost (unit of the resource), value (top-1), the job and
    the round that scored it, whether it is a guard."""

    birth: int
    path: Cells
    cost: float
    value: float
    job: int
    round: int
    guard: bool = False

    def scored(self) -> Scored:
        # Of equals the newest evaluation wins: the later birth.
        return Scored(self.path, self.cost, self.value, self.round, self.birth, self.guard)

    def to_json(self) -> Json:
        return {**vars(self), "path": [list(ops) for ops in self.path]}

    @classmethod
    def from_json(cls, value: Json) -> Entry:
        return cls(**{**value, "path": tuple(tuple(ops) for ops in value["path"])})


@dataclass(frozen=True)
class Changed:
    """What the end of a round changed in the population (the last front) and is not told yet: births that
    ``entered`` and that ``left``, and the round's name."""

    entered: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    milestone: str | None = None

    def to_json(self) -> Json:
        return {"entered": list(self.entered), "left": list(self.left), "milestone": self.milestone}

    @classmethod
    def from_json(cls, value: Json | None) -> Changed:
        return cls(tuple(value["entered"]), tuple(value["left"]), value["milestone"]) if value else cls()


@dataclass
class Round:
    """A round under way. ``record``: the birth of its space. ``supernet``: its weights once trained,
    ``built`` of these ops, with those still ``active`` and their ``gates`` (parameters alpha). ``first``: the
    first birth it scored itself; ``rehearsed``: of paths that it scores and an earlier round scored too, the
    first birth of each; ``carried``: whether the front that the search goes on from was asked for.
    ``candidates``, ``guards``: asked so far; ``complete``: nothing more is asked; ``short``: in words where
    fewer paths were found than wanted. ``untold``: jobs on the way. ``running``: non-dominated so far.
    """

    record: int | None = None
    supernet: str | None = None
    built: Cells = ()
    active: Cells = ()
    gates: tuple[tuple[float, ...], ...] = ()
    first: int = 0
    rehearsed: list[int] = field(default_factory=list)
    carried: bool = False
    candidates: int = 0
    guards: int = 0
    complete: bool = False
    short: list[str] = field(default_factory=list)
    untold: int = 0
    running: list[Entry] = field(default_factory=list)

    def to_json(self) -> Json:
        return {
            **vars(self),
            "built": [list(ops) for ops in self.built],
            "active": [list(ops) for ops in self.active],
            "gates": [list(row) for row in self.gates],
            "running": [one.to_json() for one in self.running],
        }

    @classmethod
    def from_json(cls, value: Json) -> Round:
        return cls(
            **{
                **value,
                "built": tuple(tuple(ops) for ops in value["built"]),
                "active": tuple(tuple(ops) for ops in value["active"]),
                "gates": tuple(tuple(row) for row in value["gates"]),
                "running": [Entry.from_json(one) for one in value["running"]],
            }
        )


@dataclass
class Measuring:
    """The measurement of a latency table. ``record``: the birth of the first round's space, which the job
    has for a subject; ``untold`` while it is out; ``costs``: what the table says of every op in every cell,
    ``table`` its artifact, ``where`` it was measured."""

    record: int | None = None
    untold: bool = False
    costs: Table | None = None
    table: str | None = None
    where: Json = field(default_factory=dict)

    def to_json(self) -> Json:
        costs = self.costs and {"ops": [list(row) for row in self.costs.ops], "fixed": self.costs.fixed}
        return {**vars(self), "costs": costs}

    @classmethod
    def from_json(cls, value: Json) -> Measuring:
        costs = value["costs"]
        return cls(**{**value, "costs": costs and table_of(costs)})


def table_of(value: Json) -> Table:
    """The costs that a measurement's findings hold: ``{"ops": [[...], ...], "fixed": ...}``."""
    return Table(tuple(tuple(float(cost) for cost in row) for row in value["ops"]), float(value["fixed"]))


def still_running(entries: Iterable[Entry]) -> list[Entry]:
    """Those that nothing dominates, and the candidates that no candidate dominates, which are needed where
    guards dominate them all; in order of cost, then birth."""
    held = list(entries)
    inside = [one for one in held if not one.guard]
    needed = {one.birth: one for group in (held, inside) for one in _leading(group)}
    return sorted(needed.values(), key=lambda one: (one.cost, one.birth))


def _leading(entries: list[Entry]) -> list[Entry]:
    return [entries[place] for place in non_dominated([(one.cost, one.value) for one in entries])]
