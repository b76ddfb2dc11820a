"""Ask, tell, state: the best told so far is everybody's parent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from searchengine.core.archive import Archive
from searchengine.core.controls import Ending
from searchengine.core.errors import StateMismatch
from searchengine.core.generator import generator_from, state_of
from searchengine.core.jobs import Birth, Proposal, Report
from searchengine.core.jsontext import Json
from searchengine.core.method import Asked, Death, Outcome, Space, Told
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary

from .params import HillClimbingParams


class HillClimbing:
    def __init__(
        self,
        params: Params,
        space: Space | None,
        data: DataSummary,
        rng: np.random.Generator,
        state: Json | None,
    ) -> None:
        assert isinstance(params, HillClimbingParams)
        assert space is not None
        if state is not None and state.get("version") != 1:
            raise StateMismatch(f"expected a state of hill_climbing version 1, got {state.get('version')!r}")
        self._params, self._space = params, space
        self._rng = generator_from(state["generator"]) if state else rng
        self._asked: int = state["asked"] if state else 0
        self._told: int = state["told"] if state else 0
        self._top: int | None = state["top"] if state else None
        self._closed: bool = state["closed"] if state else False
        self._ending = (
            Ending.from_json(state["ending"], params.finalists) if state else Ending(params.finalists)
        )

    def ask(self, count: int, first_birth: int, archive: Archive) -> Asked:
        proposals: list[Proposal] = []
        while len(proposals) < count:
            proposal = self._next(first_birth + sum(len(one.births) for one in proposals), archive)
            if proposal is None:
                break
            proposals.append(proposal)
        return Asked(tuple(proposals))

    def _next(self, number: int, archive: Archive) -> Proposal | None:
        if self._closed or self._asked >= self._params.evaluations:
            return self._ending.next(self._space, archive) if self._told == self._asked else None
        self._asked += 1
        if self._top is None:
            genome = self._space.random(self._rng)
            birth = Birth(number, genome, self._space.key(genome))
        else:
            child = self._space.mutate(archive.birth(self._top).genome, self._rng)
            key = self._space.key(child.genome)
            birth = Birth(number, child.genome, key, (self._top,), "mutation", child.changes, self._told)
        return replace(self._space.evaluation(birth.genome), subjects=(number,), births=(birth,))

    def tell(self, report: Report, archive: Archive) -> Told:
        self._ending.tell(report, archive)
        if report.phase == "final":
            return Told(keep=self._ending.keep())
        self._told += 1
        number = report.subjects[0]
        if report.scores[number].fitness is None:
            return Told(deaths=(Death(number, "failed"),), keep=self._ending.keep())
        best = archive.best(1)[0].number
        if best != number:
            return Told((), (Death(number, "lost"),), self._ending.keep())
        beaten = () if self._top is None else (Death(self._top, "lost"),)
        self._top = number
        return Told((number,), beaten, self._ending.keep(), f"summit {self._told}")

    def close(self) -> None:
        self._closed = True

    @property
    def finished(self) -> bool:
        return self._ending.done

    def progress(self) -> Json:
        population = [] if self._top is None else [self._top]
        return {"cycle": self._told, "of": self._params.evaluations, "population": population}

    def state(self) -> Json:
        return {
            "version": 1,
            "generator": state_of(self._rng),
            "asked": self._asked,
            "told": self._told,
            "top": self._top,
            "closed": self._closed,
            "ending": self._ending.to_json(),
        }

    def outcome(self, archive: Archive) -> Outcome:
        return self._ending.outcome()
