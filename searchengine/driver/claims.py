"""What a method claims, as an experiment that can be repeated: two arms, several seeds, one verdict.

``searchengine/methods/<slug>/claims.py`` binds ``CLAIMS``, a tuple of ``Claim``. Every finished arm and seed
is a file of its own, written at once, so a long experiment goes on where it stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from searchengine import catalogue
from searchengine.core.errors import BadRegistration, EngineError, UnknownName
from searchengine.core.jsontext import Json, dumps, loads
from searchengine.driver.files import write_whole
from searchengine.report.student import interval_of_mean


@dataclass(frozen=True)
class Bench:
    """Where an arm works: a folder of its own (kept between interrupted starts), workers, prepared data,
    device."""

    folder: Path
    workers: int
    data_root: Path
    device: str = "cpu"


@dataclass(frozen=True)
class Measured:
    """One arm under one seed: its value, what it cost (same unit in both arms) and what else is worth
    keeping."""

    value: float
    cost: float
    seconds: float
    details: Json = field(default_factory=dict)


class NotMeasurable(EngineError):
    """Raised by an arm that needs what is not there; says what, and how to provide it. The claim is skipped
    with these words."""


Arm = Callable[[Bench, int], Measured]
Outcome = Literal["reproduced", "not reproduced", "contradicted"]


@dataclass(frozen=True)
class Claim:
    """``statement`` in words; ``first`` is claimed to exceed ``second`` by more than ``margin`` in the mean
    over seeds; ``unit`` names the value (``validation accuracy``). ``arms`` holds exactly these two, by
    name."""

    slug: str
    statement: str
    first: str
    second: str
    arms: dict[str, Arm]
    seeds: int = 5
    margin: float = 0.0
    unit: str = "validation accuracy"

    def __post_init__(self) -> None:
        if set(self.arms) != {self.first, self.second}:
            raise BadRegistration(
                f"claim {self.slug} names {self.first} and {self.second}, its arms are {[*self.arms]}"
            )


class Verdict(NamedTuple):
    """Means of both arms, the mean difference with its 95 % interval over seeds, costs, and the outcome:
    ``reproduced`` (the interval lies above the margin), ``contradicted`` (it lies below zero, or below the
    margin where that is negative), ``not reproduced`` (neither, or one seed)."""

    claim: str
    seeds: int
    first: float
    second: float
    difference: float
    interval: tuple[float, float] | None
    cost: tuple[float, float]
    outcome: Outcome


def claims_of(slug: str) -> tuple[Claim, ...]:
    """The claims of a method. Raises ``UnknownName`` when there is no such method or it registers none."""
    catalogue.method(slug)
    name = f"searchengine.methods.{slug}.claims"
    if find_spec(name) is None:
        raise UnknownName(f"{slug} registers no claims: there is no file claims.py in its folder")
    found: tuple[Claim, ...] = import_module(name).CLAIMS
    return found


def measure(claim: Claim, bench: Bench, seeds: int | None = None) -> Iterator[tuple[str, int, Measured]]:
    """Every (arm, seed, measurement), from its file where it was measured before. Arms alternate seed by
    seed, so an interrupted experiment holds pairs. Raises ``NotMeasurable``."""
    for seed in range(seeds or claim.seeds):
        for name in (claim.first, claim.second):
            folder = bench.folder / claim.slug / name.replace(" ", "_")
            path = folder / f"{seed}.json"
            if path.exists():
                yield name, seed, Measured(**loads(path.read_text(encoding="utf-8")))
                continue
            folder.mkdir(parents=True, exist_ok=True)
            own = Bench(folder / f"seed{seed}", bench.workers, bench.data_root, bench.device)
            found = claim.arms[name](own, seed)
            write_whole(path, dumps(vars(found)) + "\n")
            yield name, seed, found


def judge(claim: Claim, measured: Sequence[tuple[str, int, Measured]]) -> Verdict:
    """The verdict over seeds measured in both arms. Raises ``ValueError`` when there is no pair."""
    sides = {name: {seed: found for arm, seed, found in measured if arm == name} for name in claim.arms}
    first, second = sides[claim.first], sides[claim.second]
    seeds = sorted(set(first) & set(second))
    if not seeds:
        raise ValueError(f"claim {claim.slug} needs at least one seed measured in both arms")
    differences = [first[seed].value - second[seed].value for seed in seeds]
    interval = interval_of_mean(differences)
    outcome: Outcome = "not reproduced"
    if interval is not None:
        if interval[0] > claim.margin:
            outcome = "reproduced"
        elif interval[1] < min(claim.margin, 0.0):
            outcome = "contradicted"
    return Verdict(
        claim.slug, len(seeds), _mean([first[seed].value for seed in seeds]),
        _mean([second[seed].value for seed in seeds]), _mean(differences), interval,
        (_mean([first[seed].cost for seed in seeds]), _mean([second[seed].cost for seed in seeds])), outcome,
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
