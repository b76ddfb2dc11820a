"""Independent draws from a space; the best few are trained again at the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from searchengine.core.archive import Archive
from searchengine.core.controls import ControlParams, Ending
from searchengine.core.errors import StateMismatch
from searchengine.core.generator import generator_from, state_of
from searchengine.core.jobs import Birth, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Asked, Death, Outcome, Space, Told
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary

VERSION = 1
ROUND = 25  # a snapshot of the state is kept every so many tellings


class RandomSearch:
    """State: the generator, how many were asked and told, the leaders, the final phase."""

    def __init__(
        self,
        params: Params,
        space: Space | None,
        data: DataSummary,
        rng: np.random.Generator,
        state: Json | None,
    ) -> None:
        assert isinstance(params, ControlParams)
        assert space is not None
        self._params = params
        self._space = space
        if state is not None and state.get("version") != VERSION:
            raise StateMismatch(
                f"expected a state of random_search version {VERSION}, got {state.get('version')!r}"
            )
        self._rng = generator_from(state["generator"]) if state else rng
        self._asked: int = state["asked"] if state else 0
        self._told: int = state["told"] if state else 0
        self._closed: bool = state["closed"] if state else False
        finalists = params.finalists
        self._ending = Ending.from_json(state["ending"], finalists) if state else Ending(finalists)

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        proposals: list[Proposal] = []
        while len(proposals) < count:
            proposal = self._next(first_birth + sum(len(made.births) for made in proposals), archive)
            if proposal is None:
                break
            proposals.append(proposal)
        return Asked(tuple(proposals))

    def _next(self, number: int, archive: Archive) -> Proposal | None:
        if not self._closed and self._asked < self._params.evaluations:
            self._asked += 1
            genome = self._space.random(self._rng)
            birth = Birth(number, genome, self._space.key(genome), operator="random")
            return replace(self._space.evaluation(genome), subjects=(number,), births=(birth,))
        if self._told < self._asked:
            return None
        return self._ending.next(self._space, archive)

    def tell(self, report: Report, archive: Archive) -> Told:
        self._ending.tell(report, archive)
        if report.phase == "final":
            return Told(keep=self._ending.keep())
        self._told += 1
        entered = tuple(number for number in report.subjects if report.scores[number].failure is None)
        deaths = tuple(Death(number, "failed") for number in report.subjects if number not in entered)
        milestone = f"after {self._told}" if self._told % ROUND == 0 else None
        return Told(entered, deaths, self._ending.keep(), milestone)

    def close(self) -> None:
        self._closed = True

    @property
    def finished(self) -> bool:
        return self._ending.done

    def progress(self) -> Json:
        return {
            "cycle": self._told,
            "of": self._params.evaluations,
            "population": [leader.birth for leader in self._ending.leaders],
        }

    def state(self) -> Json:
        return {
            "version": VERSION,
            "generator": state_of(self._rng),
            "asked": self._asked,
            "told": self._told,
            "closed": self._closed,
            "ending": self._ending.to_json(),
        }

    def outcome(self, archive: Archive) -> Outcome:
        return self._ending.outcome()
