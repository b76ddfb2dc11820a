"""History as a search may read it: every birth asked, and only the results already told."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from searchengine.core.jobs import Birth, Report, Score


class Ranked(NamedTuple):
    """A birth and the fitness of its first told score in the search phase."""

    number: int
    fitness: float


class Archive(Protocol):
    """Read-only history: rows in the product, ``lineage.jsonl`` on the command line.

    Birth and job numbers count from 0. Every look-up is by index: none may cost more at the 10,000th birth
    than at the 100th.
    """

    def birth(self, number: int) -> Birth:
        """The birth with that number. Raises ``UnknownName`` when it was never asked."""
        ...

    def score(self, number: int) -> Score | None:
        """The first told score of a birth in the search phase; None while it is untold."""
        ...

    def report(self, job: int) -> Report | None:
        """What was told of a job; None while it is untold."""
        ...

    def by_key(self, key: str) -> int | None:
        """The earliest birth with that canonical hash, told or not."""
        ...

    def evaluated(self, key: str, protocol: str) -> int | None:
        """The earliest job that evaluates (or evaluated) that one genome under that protocol and is no reuse."""
        ...

    def best(self, count: int) -> list[Ranked]:
        """The fittest told births with distinct keys, fittest first, of equals the earlier; at most ``count``."""
        ...
