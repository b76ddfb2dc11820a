"""How much a search may spend before it goes on to its final phase."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from searchengine.core.errors import InvalidParams
from searchengine.core.jsontext import Json

_MOST = 10**12


@dataclass(frozen=True)
class Budget:
    """Limits of the search phase; None = no limit. Any of them reached closes the search.

    ``evaluations`` counts jobs of the search phase as they are asked, answers reused from history included
    (evaluations and reused together, as a run counts them), so that it is reached in finite time; ``cost``
    sums the predicted cost of those that are run. Both close the search at the same birth whatever the
    workers do. ``seconds`` of wall time are kept by whoever runs the loop: a search stopped by them is a
    prefix of the same history. The final phase is not counted.
    """

    evaluations: int | None = None
    seconds: float | None = None
    cost: float | None = None

    def __post_init__(self) -> None:
        wrong: dict[str, str] = {}
        whole = isinstance(self.evaluations, int) and not isinstance(self.evaluations, bool)
        if self.evaluations is not None and not (whole and 1 <= self.evaluations <= _MOST):
            wrong["evaluations"] = f"expected a whole number from 1 to {_MOST:g}, got {self.evaluations!r}"
        for name in ("seconds", "cost"):
            value = getattr(self, name)
            if value is None:
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and math.isfinite(value) and value > 0):
                wrong[name] = f"expected a finite number above 0, got {value!r}"
        if wrong:
            raise InvalidParams(wrong)

    def reached(self, evaluations: int, cost: float) -> str | None:
        """Which limit is used up, in words; None while there is some left."""
        if self.evaluations is not None and evaluations >= self.evaluations:
            return f"budget of {self.evaluations} evaluations used"
        if self.cost is not None and cost >= self.cost:
            return f"cost budget of {self.cost:g} used"
        return None

    def to_json(self) -> Json:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Json) -> Budget:
        return cls(**value)
