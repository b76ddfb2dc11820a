"""How a search ends: the best few are trained again, longer, and scored on validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

from searchengine.core.archive import Archive
from searchengine.core.jobs import Proposal, Report
from searchengine.core.jsontext import Json, JsonValue
from searchengine.core.method import Member


@dataclass(frozen=True)
class Leader:
    """A told birth with its score: what is needed to name it as a result without looking back."""

    birth: int
    key: str
    job: int
    fitness: float
    metrics: dict[str, float]
    weights: str | None

    @property
    def member(self) -> Member:
        return Member(self.birth, self.job, self.weights)


class Leaders:
    """The fittest told births with distinct keys, fittest first, of equals the earlier; at most ``most``."""

    def __init__(self, most: int, held: list[Leader] | None = None) -> None:
        self._most = most
        self._held = held or []

    def add(self, report: Report, archive: Archive) -> None:
        """Take in every subject of ``report`` that has a fitness."""
        for number in report.subjects:
            score = report.scores[number]
            if score.fitness is None:
                continue
            weights = report.artifacts.get("weights")
            key = archive.birth(number).key
            self._place(Leader(number, key, report.job, score.fitness, dict(score.metrics), weights))

    def _place(self, one: Leader) -> None:
        same = next((held for held in self._held if held.key == one.key), None)
        if same is not None and same.fitness >= one.fitness:
            return
        others = [held for held in self._held if held is not same]
        self._held = sorted([*others, one], key=lambda held: (-held.fitness, held.birth))[: self._most]

    def weights(self) -> frozenset[str]:
        return frozenset(held.weights for held in self._held if held.weights is not None)

    def __iter__(self) -> Iterator[Leader]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def to_json(self) -> JsonValue:
        return [asdict(held) for held in self._held]

    @classmethod
    def from_json(cls, value: JsonValue, most: int) -> Leaders:
        return cls(most, [Leader(**held) for held in value])


class Finals:
    """The final phase: each of the chosen births is trained once more, by ``space.final_evaluation``.

    ``chosen`` is None until the phase begins; ``asked`` and ``told`` count its jobs; ``scored`` are those
    that were trained, fittest first. A final training that fails leaves the score of the search standing.
    """

    def __init__(
        self,
        chosen: list[int] | None = None,
        asked: int = 0,
        told: int = 0,
        scored: Leaders | None = None,
    ) -> None:
        self.chosen = chosen
        self.asked = asked
        self.told = told
        self.scored = scored or Leaders(_MOST)

    def begin(self, leaders: Leaders) -> None:
        self.chosen = [leader.birth for leader in leaders]

    def next(self, evaluation: Callable[[Json], Proposal | None], archive: Archive) -> Proposal | None:
        """The next training of the phase; None when there is none left (or the space offers none)."""
        while self.chosen is not None and self.asked < len(self.chosen):
            number = self.chosen[self.asked]
            proposal = evaluation(archive.birth(number).genome)
            if proposal is None:
                self.chosen = self.chosen[: self.asked]
                return None
            self.asked += 1
            return replace(proposal, subjects=(number,), births=(), phase="final", reuse=False)
        return None

    def tell(self, report: Report, archive: Archive) -> None:
        self.told += 1
        self.scored.add(report, archive)

    @property
    def done(self) -> bool:
        return self.chosen is not None and self.asked == len(self.chosen) and self.told == self.asked

    def to_json(self) -> Json:
        return {
            "chosen": self.chosen,
            "asked": self.asked,
            "told": self.told,
            "scored": self.scored.to_json(),
        }

    @classmethod
    def from_json(cls, value: Json) -> Finals:
        return cls(value["chosen"], value["asked"], value["told"], Leaders.from_json(value["scored"], _MOST))


_MOST = 64
