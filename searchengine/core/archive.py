"""History as a search may read it: every birth asked, and only the results already told."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from searchengine.core.errors import UnknownName
from searchengine.core.jobs import Birth, Job, Report, Score


class Ranked(NamedTuple):
    """A birth, the fitness of its first told score in the search phase, and its key."""

    number: int
    fitness: float
    key: str


class Archive(Protocol):
    """Read-only history: rows in the product, files of the run's folder on the command line.

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
        """The earliest job that evaluates (or evaluated) that one genome under that protocol and is no
        reuse."""
        ...

    def best(self, count: int) -> list[Ranked]:
        """The fittest told births with distinct keys, fittest first, of equals the earlier; at most
        ``count``."""
        ...


class MemoryArchive:
    """An archive in memory, kept by whoever runs the search: the local loop, and tests."""

    def __init__(self) -> None:
        self._births: dict[int, Birth] = {}
        self._by_key: dict[str, int] = {}
        self._evaluated: dict[tuple[str, str], int] = {}
        self._scores: dict[int, Score] = {}
        self._reports: dict[int, Report] = {}
        self._ranks: list[
            tuple[float, int]
        ] = []  # (-fitness, birth) of the fittest birth of every key, sorted
        self._rank_of_key: dict[str, tuple[float, int]] = {}

    def add_birth(self, birth: Birth) -> None:
        self._births[birth.number] = birth
        self._by_key.setdefault(birth.key, birth.number)

    def add_job(self, job: Job) -> None:
        """Remember which genome ``job`` evaluates. Its births must have been added."""
        if job.reuse_of is None and len(job.subjects) == 1:
            self.add_evaluated(self.birth(job.subjects[0]).key, job.protocol, job.number)

    def add_evaluated(self, key: str, protocol: str, job: int) -> None:
        self._evaluated.setdefault((key, protocol), job)

    def add_report(self, report: Report) -> None:
        """Take in what was told of a job. Its births must have been added."""
        self._reports[report.job] = report
        if report.phase != "search":
            return
        for number, score in report.scores.items():
            if number not in self._scores:
                self._scores[number] = score
                if score.fitness is not None:
                    self._rank(self.birth(number).key, (-score.fitness, number))

    def _rank(self, key: str, rank: tuple[float, int]) -> None:
        held = self._rank_of_key.get(key)
        if held is not None:
            if held <= rank:
                return
            del self._ranks[bisect_left(self._ranks, held)]
        self._rank_of_key[key] = rank
        insort(self._ranks, rank)

    def birth(self, number: int) -> Birth:
        try:
            return self._births[number]
        except KeyError:
            raise UnknownName(f"no birth has the number {number}; there are {len(self._births)}") from None

    def score(self, number: int) -> Score | None:
        return self._scores.get(number)

    def report(self, job: int) -> Report | None:
        return self._reports.get(job)

    def by_key(self, key: str) -> int | None:
        return self._by_key.get(key)

    def evaluated(self, key: str, protocol: str) -> int | None:
        return self._evaluated.get((key, protocol))

    def best(self, count: int) -> list[Ranked]:
        return [
            Ranked(number, -negative, self._births[number].key) for negative, number in self._ranks[:count]
        ]

    def births(self) -> Iterator[Birth]:
        """Every birth in order."""
        for number in sorted(self._births):
            yield self._births[number]

    def __len__(self) -> int:
        return len(self._births)


class Overlay:
    """What one step adds, over the archive as it stood before: the search sees both as one history.

    Births, jobs and reports are only ever added after those below, so the one below wins wherever "the
    earliest" or "the first" is asked for.
    """

    def __init__(self, below: Archive) -> None:
        self._below = below
        self._added = _Added(below)

    def add_birth(self, birth: Birth) -> None:
        self._added.add_birth(birth)

    def add_job(self, job: Job) -> None:
        self._added.add_job(job)

    def add_report(self, report: Report) -> None:
        self._added.add_report(report)

    def birth(self, number: int) -> Birth:
        return self._added.birth(number)

    def score(self, number: int) -> Score | None:
        below = self._below.score(number)
        return below if below is not None else self._added.score(number)

    def report(self, job: int) -> Report | None:
        added = self._added.report(job)
        return added if added is not None else self._below.report(job)

    def by_key(self, key: str) -> int | None:
        below = self._below.by_key(key)
        return below if below is not None else self._added.by_key(key)

    def evaluated(self, key: str, protocol: str) -> int | None:
        below = self._below.evaluated(key, protocol)
        return below if below is not None else self._added.evaluated(key, protocol)

    def best(self, count: int) -> list[Ranked]:
        """Whoever is among the fittest of both is among the fittest of the one that holds it, so the first
        ``count`` of each are enough."""
        both = [*self._below.best(count), *self._added.best(count)]
        both.sort(key=lambda ranked: (-ranked.fitness, ranked.number))
        found: dict[str, Ranked] = {}
        for ranked in both:
            found.setdefault(ranked.key, ranked)
        return list(found.values())[:count]


class _Added(MemoryArchive):
    """The upper layer: births it does not hold are those below."""

    def __init__(self, below: Archive) -> None:
        super().__init__()
        self._below = below

    def birth(self, number: int) -> Birth:
        held = self._births.get(number)
        return held if held is not None else self._below.birth(number)

    def add_report(self, report: Report) -> None:
        fresh = {
            number: score for number, score in report.scores.items() if self._below.score(number) is None
        }
        super().add_report(
            Report(report.job, report.kind, report.phase, report.subjects, fresh, {}, {}, report.reuse_of)
        )
        self._reports[report.job] = report

    def best(self, count: int) -> list[Ranked]:
        return [Ranked(number, -negative, self.birth(number).key) for negative, number in self._ranks[:count]]
