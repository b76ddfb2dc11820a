"""What every control shares: the parameters that name the searched space, and the way it ends."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from searchengine.core.archive import Archive
from searchengine.core.finals import Finals, Leaders
from searchengine.core.jobs import Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Outcome, Space
from searchengine.core.params import Params, knob, object_from_text


class ControlParams(Params):
    """Parameters of a control: which space it searches, for how long, how many it trains again at the end."""

    space: str = knob(
        "chain", "The space to search: a method's own or a built-in one, by its slug.", group="space"
    )
    space_params: Annotated[dict[str, Any], BeforeValidator(object_from_text)] = knob(
        {}, "Parameters of that space as a JSON object; what is not named keeps its default.", group="space"
    )
    evaluations: int = knob(
        30, "How many candidates are asked before the final phase.", low=1, high=1_000_000, unit="candidates"
    )
    finalists: int = knob(
        3,
        "How many of the best are trained again, longer, and scored on validation.",
        low=0,
        high=20,
        group="final",
    )


def planned(params: Params) -> int:
    """How many evaluations a control with these parameters asks for."""
    assert isinstance(params, ControlParams)
    return params.evaluations


class Ending:
    """The leaders of the search phase, then the final phase over them, then the outcome: the best network."""

    def __init__(self, finalists: int, leaders: Leaders | None = None, finals: Finals | None = None) -> None:
        self._finalists = finalists
        self.leaders = leaders or Leaders(max(finalists, 1))
        self.finals = finals or Finals()

    def tell(self, report: Report, archive: Archive) -> None:
        if report.phase == "final":
            self.finals.tell(report, archive)
        else:
            self.leaders.add(report, archive)

    def next(self, space: Space, archive: Archive) -> Proposal | None:
        """The next final training; call it only when the search phase is over and all of it was told."""
        if self.finals.chosen is None:
            self.finals.begin(self.leaders if self._finalists else Leaders(1))
        return self.finals.next(space.final_evaluation, archive)

    @property
    def done(self) -> bool:
        return self.finals.done

    def keep(self) -> frozenset[str]:
        return self.leaders.weights() | self.finals.scored.weights()

    def outcome(self) -> Outcome:
        """The finalists by their longer training; before that, the leaders by their score in the search."""
        best = list(self.finals.scored) or list(self.leaders)
        return Outcome("network", tuple(one.member for one in best), dict(best[0].metrics) if best else {})

    def to_json(self) -> Json:
        return {"leaders": self.leaders.to_json(), "finals": self.finals.to_json()}

    @classmethod
    def from_json(cls, value: Json, finalists: int) -> Ending:
        leaders = Leaders.from_json(value["leaders"], max(finalists, 1))
        return cls(finalists, leaders, Finals.from_json(value["finals"]))
