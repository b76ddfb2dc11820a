"""The stored state of a run: the search's own state and what the driver must know to go on. JSON text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from searchengine.core.errors import StateMismatch
from searchengine.core.jobs import Job
from searchengine.core.jsontext import Json, dumps, loads

FORMAT = 1
LARGEST_STATE = 64 * 1024


@dataclass(frozen=True)
class Untold:
    """A job asked and not yet told: what its report will say of it."""

    kind: str
    phase: str
    subjects: tuple[int, ...]
    cost: float
    reuse_of: int | None
    inputs: Mapping[str, str]

    @classmethod
    def of(cls, job: Job) -> Untold:
        return cls(job.kind, job.phase, job.subjects, job.cost, job.reuse_of, job.inputs)

    def to_json(self) -> list[object]:
        return [self.kind, self.phase, list(self.subjects), self.cost, self.reuse_of, dict(self.inputs)]

    @classmethod
    def from_json(cls, value: list[object]) -> Untold:
        kind, phase, subjects, cost, reuse_of, inputs = value
        return cls(kind, phase, tuple(subjects), cost, reuse_of, inputs)  # type: ignore[arg-type]


@dataclass
class Envelope:
    """``births`` and ``told`` count what there is: the next birth's number and the next job to be told. The
    untold jobs are ``told``, ``told + 1``, ... in order. ``evaluations`` and ``cost`` are those asked in the
    search phase, ``told_evaluations`` and ``told_reused`` what was told there, run or answered from history;
    ``reuses`` is how many of the last jobs in a row were answered from history; ``may_ask`` is whether
    anything was told since the search last proposed all it could: asking again would draw again."""

    method: str
    search: Json
    births: int = 0
    told: int = 0
    untold: list[Untold] = field(default_factory=list)
    evaluations: int = 0
    told_evaluations: int = 0
    told_reused: int = 0
    failed: int = 0
    cost: float = 0.0
    reuses: int = 0
    closing: str | None = None
    finished: bool = False
    may_ask: bool = True
    keep: list[str] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        """The next job's number."""
        return self.told + len(self.untold)

    def with_search(self, search: Json) -> Envelope:
        return replace(self, search=search)

    def to_text(self) -> str:
        value = {"format": FORMAT, **vars(self), "untold": [job.to_json() for job in self.untold]}
        return dumps(value)

    @classmethod
    def from_text(cls, text: str, method: str) -> Envelope:
        """Raises ``StateMismatch`` when ``text`` is no state, of another method or of another format."""
        try:
            value = loads(text)
            stored = value.pop("format")
            owner = value["method"]
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise StateMismatch(f"expected the stored state of a run, got {text[:60]!r}: {error}") from error
        if stored != FORMAT:
            raise StateMismatch(
                f"expected a state of format {FORMAT}, got {stored!r}; it was written by another version"
            )
        if owner != method:
            raise StateMismatch(f"expected a state of {method}, got one of {owner}")
        try:
            return cls(**{**value, "untold": [Untold.from_json(job) for job in value["untold"]]})
        except (TypeError, KeyError, ValueError) as error:
            raise StateMismatch(
                f"the stored state of {method} lacks or holds unknown fields: {error}"
            ) from error
