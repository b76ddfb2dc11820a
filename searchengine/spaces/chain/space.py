"""The chain space, made for one data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from searchengine.architecture.graph import Architecture
from searchengine.core.errors import InfeasibleArchitecture
from searchengine.core.jobs import Proposal
from searchengine.core.jsontext import Json
from searchengine.core.method import Child
from searchengine.core.params import Params, knob
from searchengine.core.setting import DataSummary, Fidelity, Setting
from searchengine.spaces.chain import genome as code
from searchengine.spaces.chain.describe import describe
from searchengine.spaces.chain.operators import Options, mutate, random_chain

WIDTHS = (4, 8, 16, 24, 32)
MOST_DRAWS = 200


class ChainParams(Params):
    """Parameters of the chain space and of its training."""

    most_blocks: int = knob(
        4, "The most blocks a chain may have.", low=1, high=4, unit="blocks", group="space"
    )
    steps: int = knob(
        120,
        "Optimiser steps of a candidate in the search.",
        low=1,
        high=1_000_000,
        unit="steps",
        group="training",
    )
    batch: int = knob(64, "Images a step.", low=2, high=4096, unit="images", group="training")
    learning_rate: float = knob(
        0.1, "Highest learning rate of the cosine schedule.", low=1e-6, high=10.0, group="training"
    )
    final_steps: int = knob(
        400,
        "Optimiser steps of the longer training that ends a search.",
        low=1,
        high=1_000_000,
        unit="steps",
        group="final",
    )
    most_parameters: int = knob(
        200_000,
        "Networks with more parameters are refused before training.",
        low=1,
        high=10**9,
        unit="parameters",
        group="limits",
    )


class ChainSpace:
    """Chains of one to ``most_blocks`` blocks on images of one data set."""

    slug = "chain"

    def __init__(self, params: Params, data: DataSummary) -> None:
        assert isinstance(params, ChainParams)
        self._params = params
        self._data = data
        self._options = Options(WIDTHS, params.most_blocks, data.smallest_side)

    def random(self, rng: np.random.Generator) -> Json:
        for _ in range(MOST_DRAWS):
            drawn = random_chain(self._options, rng)
            if self.describe(drawn, self._data.setting()).parameters <= self._params.most_parameters:
                return drawn
        raise InfeasibleArchitecture(
            f"none of {MOST_DRAWS} random chains has at most {self._params.most_parameters} parameters;"
            " raise most_parameters"
        )

    def mutate(self, genome: Json, rng: np.random.Generator) -> Child:
        return mutate(genome, self._options, rng)

    def key(self, genome: Json) -> str:
        return code.key(genome)

    def check(self, genome: Any) -> None:
        code.check(genome, widths=WIDTHS, most_blocks=self._params.most_blocks)

    def describe(self, genome: Json, setting: Setting) -> Architecture:
        return describe(genome, setting)

    def evaluation(self, genome: Json) -> Proposal:
        return self._training(genome, self._params.steps)

    def final_evaluation(self, genome: Json) -> Proposal | None:
        training = self._training(genome, self._params.final_steps)
        return Proposal(**{**vars(training), "phase": "final", "reuse": False})

    def _training(self, genome: Json, steps: int) -> Proposal:
        fidelity = Fidelity(steps=steps)
        network = describe(genome, self._data.setting(fidelity))
        if network.parameters > self._params.most_parameters:
            raise InfeasibleArchitecture(
                f"expected at most {self._params.most_parameters} parameters, got {network.parameters};"
                " choose fewer or narrower blocks, or raise most_parameters"
            )
        arguments = {
            "space_params": self._params.to_json(),
            "batch": self._params.batch,
            "learning_rate": self._params.learning_rate,
        }
        cost = float(network.macs) * steps * self._params.batch
        return Proposal("train", subjects=(), fidelity=fidelity, arguments=arguments, cost=cost)
