"""The space: what controls search and pages draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from searchengine.architecture.graph import Architecture
from searchengine.core.jobs import Proposal
from searchengine.core.jsontext import Json
from searchengine.core.method import Child
from searchengine.core.params import Params
from searchengine.core.setting import DataSummary, Fidelity, Setting

from . import genome as code
from .describe import describe
from .operators import draw, mutate
from .params import HillClimbingParams


class HillClimbingSpace:
    slug = "hill_climbing"

    def __init__(self, params: Params, data: DataSummary) -> None:
        assert isinstance(params, HillClimbingParams)
        self._params, self._data = params, data

    def random(self, rng: np.random.Generator) -> Json:
        return draw(rng, self._params.widest)

    def mutate(self, genome: Json, rng: np.random.Generator) -> Child:
        return mutate(genome, rng, self._params.widest)

    def key(self, genome: Json) -> str:
        return code.key(genome)

    def check(self, genome: Json) -> None:
        code.check(genome, self._params.widest)

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        return describe(genome, setting)

    def evaluation(self, genome: Json) -> Proposal:
        steps = self._params.steps
        macs = describe(genome, self._data.setting()).macs
        arguments = {"space_params": self._params.to_json()}
        return Proposal(
            "train", (), fidelity=Fidelity(steps=steps), arguments=arguments, cost=float(macs * steps)
        )

    def final_evaluation(self, genome: Json) -> Proposal | None:
        longer = Fidelity(steps=2 * self._params.steps)
        return replace(self.evaluation(genome), fidelity=longer, phase="final", reuse=False)
