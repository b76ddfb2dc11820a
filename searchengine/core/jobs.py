"""What a search asks for and what comes back: births, proposals, jobs, scores, reports.

A method proposes; the driver numbers, seeds and orders (``searchengine.driver``). Job numbers and birth
numbers count from 0 without gaps in the order asked, whatever workers do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from searchengine.core.jsontext import Json, digest
from searchengine.core.setting import Fidelity

FailureClass = Literal["bad_genome", "lost", "bug"]


@dataclass(frozen=True)
class Change:
    """One application of an operator: its name, its arguments (``{"block": 1, "branch": 0, "from": 3, "to":
    7}``) and one short phrase for people (``temporal kernel 3 → 7``)."""

    operator: str
    arguments: Json
    text: str


@dataclass(frozen=True)
class Birth:
    """A genome entering the history. ``key`` is the hash of its canonical form; ``parents`` are birth
    numbers; ``operator`` names how it came to be (``random``, ``seeded``, ``mutation``, ...), ``changes``
    every step of it; ``cycle`` is the method's own clock (generation, round or cycle)."""

    number: int
    genome: Json
    key: str
    parents: tuple[int, ...] = ()
    operator: str = "random"
    changes: tuple[Change, ...] = ()
    cycle: int = 0

    def to_json(self) -> Json:
        """Shares genome and arguments with the birth: read it, do not change it."""
        changes = [dict(vars(change)) for change in self.changes]
        return {**vars(self), "parents": list(self.parents), "changes": changes}

    @classmethod
    def from_json(cls, value: Json) -> Birth:
        changes = tuple(Change(**change) for change in value["changes"])
        return cls(**{**value, "parents": tuple(value["parents"]), "changes": changes})


@dataclass(frozen=True)
class Proposal:
    """One evaluation a method asks for.

    ``kind`` names an entry of ``JOB_KINDS`` in the evaluator's ``evaluate.py``; ``births`` are genomes new to
    the history; ``subjects`` are the birth numbers to be scored (new ones included); ``arguments`` is what
    the evaluator needs to know beside the genome; ``inputs`` maps a name to an artifact's sha256; ``cost`` is
    the predicted cost in fidelity-weighted MACs × samples (any unit, the same within a run); ``reuse`` allows
    an equal genome under the same protocol to be answered from history; ``phase`` is ``search`` or ``final``.
    """

    kind: str
    subjects: tuple[int, ...]
    births: tuple[Birth, ...] = ()
    fidelity: Fidelity = field(default_factory=Fidelity)
    arguments: Json = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    cost: float = 1.0
    reuse: bool = True
    phase: Literal["search", "final"] = "search"

    def protocol(self, evaluator: str) -> str:
        """Hash of everything but genome and seed that decides a score within one run."""
        return digest(
            [evaluator, self.kind, self.fidelity.to_json(), self.arguments, sorted(self.inputs.items())]
        )


@dataclass(frozen=True)
class Job:
    """A proposal as the driver issued it: numbered, seeded, with the recipe of its run.

    ``evaluator`` is the slug of the method or space whose ``evaluate.py`` runs it; ``genomes`` maps every
    subject's birth number to its genome, so that a worker needs nothing else; ``reuse_of`` is the number of
    an earlier job whose result is told instead of running this one."""

    number: int
    evaluator: str
    kind: str
    subjects: tuple[int, ...]
    genomes: dict[int, Json]
    seed: int
    fidelity: Fidelity
    arguments: Json
    inputs: dict[str, str]
    recipe: Json
    cost: float
    phase: str
    protocol: str
    reuse_of: int | None = None

    def to_json(self) -> Json:
        """Shares genomes and arguments with the job: read it, do not change it."""
        return {
            **vars(self),
            "subjects": list(self.subjects),
            "genomes": {str(number): genome for number, genome in self.genomes.items()},
            "fidelity": self.fidelity.to_json(),
        }

    @classmethod
    def from_json(cls, value: Json) -> Job:
        return cls(
            **{
                **value,
                "subjects": tuple(value["subjects"]),
                "genomes": {int(number): genome for number, genome in value["genomes"].items()},
                "fidelity": Fidelity.from_json(value["fidelity"]),
            }
        )


@dataclass(frozen=True)
class Failure:
    """Why there is no score. ``kind`` is the failure class, ``code`` the short cause, ``reason`` a
    sentence."""

    kind: FailureClass
    code: str
    reason: str


@dataclass(frozen=True)
class Score:
    """What an evaluation says of one genome: metrics (``fitness`` is what selection sees, higher is better;
    all finite), or a failure. Never both."""

    metrics: dict[str, float] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def fitness(self) -> float | None:
        return None if self.failure else self.metrics.get("fitness")

    def to_json(self) -> Json:
        return {"metrics": self.metrics, "failure": dict(vars(self.failure)) if self.failure else None}

    @classmethod
    def from_json(cls, value: Json) -> Score:
        return cls(value["metrics"], Failure(**value["failure"]) if value["failure"] else None)


@dataclass(frozen=True)
class Result:
    """What a finished job hands back: a score a subject, findings (JSON of at most 256 KB, only what ``tell``
    needs), artifacts (name → sha256 in the store), the curve (rows of reported metrics) and what it cost.
    ``seconds`` (training process's CPU or device time) and ``curve`` never influence a search's history."""

    job: int
    scores: dict[int, Score]
    findings: Json = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)
    curve: list[Json] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> Json:
        return {
            "job": self.job,
            "scores": {str(number): score.to_json() for number, score in self.scores.items()},
            "findings": self.findings,
            "artifacts": self.artifacts,
            "curve": self.curve,
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, value: Json) -> Result:
        scores = {int(number): Score.from_json(score) for number, score in value["scores"].items()}
        return cls(**{**value, "scores": scores})


@dataclass(frozen=True)
class Report:
    """A result as a search is told it, in job order. Times and curves are left out on purpose: history is a
    function of method, parameters, data, seed and window alone."""

    job: int
    kind: str
    phase: str
    subjects: tuple[int, ...]
    scores: Mapping[int, Score]
    findings: Json
    artifacts: Mapping[str, str]
    reuse_of: int | None = None

    def to_json(self) -> Json:
        return {
            "job": self.job,
            "kind": self.kind,
            "phase": self.phase,
            "subjects": list(self.subjects),
            "scores": {str(number): score.to_json() for number, score in self.scores.items()},
            "findings": self.findings,
            "artifacts": dict(self.artifacts),
            "reuse_of": self.reuse_of,
        }

    @classmethod
    def from_json(cls, value: Json) -> Report:
        scores = {int(number): Score.from_json(score) for number, score in value["scores"].items()}
        return cls(**{**value, "subjects": tuple(value["subjects"]), "scores": scores})
